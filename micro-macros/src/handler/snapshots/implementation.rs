/// In English.
impl contracts::Greeter for English {
    const A: u8 = 1;
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
        let ctx: &Context = &::micro::__private::Context::current();
        let left = ctx.deadline();
        self.greet(req, left)
    }
    async fn in_the_middle_of_typing(&self, req: Tick) -> Result<Tick> {
        let ctx: &micro::Context = &::micro::__private::Context::current();
        req
    }
    fn plain(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}
const _: () = {
    fn __micro_serve<__MicroT: contracts::Greeter>(
        value: ::micro::__private::Arc<__MicroT>,
    ) -> ::micro::__private::Service {
        #[allow(unused_imports)]
        use ::micro::__private::ContractFallback as _;
        __MicroT::__micro_service(value)
    }
    fn __micro_desc<__MicroT: contracts::Greeter>() -> &'static ::micro::__private::ServiceDesc {
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
        ::core::line!(), "impl contracts::Greeter for English"),)
    }
};
