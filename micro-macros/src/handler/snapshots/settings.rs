impl Greeter for English {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
        let ctx: &Context = &::micro::__private::Context::current();
        let __micro_held0 = match <GreeterConfig as ::micro::__private::FromContext>::from_context(
            &::micro::__private::Context::current(),
        ) {
            ::core::result::Result::Ok(held) => held,
            ::core::result::Result::Err(error) => {
                return ::micro::__private::refused(error);
            }
        };
        let config: &GreeterConfig = ::micro::__private::Borrow::borrow(&__micro_held0);
        greet(req, &config.salutation)
    }
    async fn bye(&self) -> Result<(), GreetError> {
        let __micro_held0 = match <GreeterConfig as ::micro::__private::FromContext>::from_context(
            &::micro::__private::Context::current(),
        ) {
            ::core::result::Result::Ok(held) => held,
            ::core::result::Result::Err(error) => {
                return ::micro::__private::refused(error);
            }
        };
        let GreeterConfig { limits, .. }: &GreeterConfig = ::micro::__private::Borrow::borrow(
            &__micro_held0,
        );
        let __micro_held1 = match <others::Limits as ::micro::__private::FromContext>::from_context(
            &::micro::__private::Context::current(),
        ) {
            ::core::result::Result::Ok(held) => held,
            ::core::result::Result::Err(error) => {
                return ::micro::__private::refused(error);
            }
        };
        let _: &others::Limits = ::micro::__private::Borrow::borrow(&__micro_held1);
        limits.check()
    }
}
const _: () = {
    fn __micro_serve<__MicroT: Greeter>(
        value: ::micro::__private::Arc<__MicroT>,
    ) -> ::micro::__private::Service {
        #[allow(unused_imports)]
        use ::micro::__private::ContractFallback as _;
        __MicroT::__micro_service(value)
    }
    fn __micro_desc<__MicroT: Greeter>() -> &'static ::micro::__private::ServiceDesc {
        #[allow(unused_imports)]
        use ::micro::__private::ContractFallback as _;
        __MicroT::__micro_desc()
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::HandlerEntry::new(|| { #[allow(unused_imports)] use
        ::micro::__private::InitFallback as _; ::micro::__private::Component::new:: <
        English > (< English > ::only_one_init_function()) }, | value |
        __micro_serve(::micro::__private::downcast:: < English > (value)), __micro_desc::
        < English >, ::micro::__private::SourceLocation::new(::core::file!(),
        ::core::line!(), "impl Greeter for English"),).taking(const {
        #[allow(unused_imports)] use ::micro::__private::NoNeeds as _; &
        [::micro::__private::Needs:: < GreeterConfig > ::TYPES,
        ::micro::__private::Needs:: < others::Limits > ::TYPES] })
    }
};
