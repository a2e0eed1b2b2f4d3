impl Users {
    /// Counts them.
    async fn count(&self) -> Result<Count> {
        Ok(Count(self.placed.load()))
    }
    async fn placed(&self, event: Event, ctx: &Context) -> Result<()> {
        Ok(())
    }
}
/// Calls a [`Users`] wherever it runs. Cloning it is cheap.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct UsersClient(::micro::__private::Client);
impl ::micro::__private::ServiceClient for UsersClient {
    fn from_client(client: ::micro::__private::Client) -> Self {
        Self(client)
    }
    fn as_client(&self) -> &::micro::__private::Client {
        &self.0
    }
}
#[allow(deprecated, non_camel_case_types, private_interfaces, unreachable_pub)]
const _: () = {
    static __MICRO_SERVICE: ::micro::__private::ServiceDesc = ::micro::__private::ServiceDesc::new(
            "users",
            "users",
            "Users",
        )
        .methods(
            &[
                ::micro::__private::MethodDesc::of::<
                    __micro_count,
                >("Count", "/users.Users/Count")
                    .docs("Counts them."),
            ],
        );
    struct __micro_count;
    impl ::micro::__private::MethodSpec for __micro_count {
        type In = ();
        type Out = Result<Count>;
        const INDEX: ::core::primitive::usize = 0usize;
        const SERVICE: &'static ::micro::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    impl ::micro::__private::Method<Users> for __micro_count {
        fn call(
            this: &Users,
            _input: Self::In,
            _context: &::micro::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <Users>::count(this)
        }
    }
    impl ::micro::__private::Wraps<Users> for UsersClient {
        fn service(
            value: ::micro::__private::Arc<Users>,
        ) -> ::micro::__private::Service {
            Self::__micro_serve(value)
        }
    }
    #[allow(dead_code)]
    impl UsersClient {
        /// Counts them.
        pub fn count(
            &self,
        ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
            self.0.call::<__micro_count>(())
        }
        fn __micro_serve(
            this: ::micro::__private::Arc<Users>,
        ) -> ::micro::__private::Service {
            ::micro::__private::Service::new(
                this,
                &__MICRO_SERVICE,
                const { &[::micro::__private::MethodVTable::of::<__micro_count>()] },
            )
        }
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::ClientEntry::new(::micro::__private::Dep::of:: < UsersClient
        > (), | client |
        ::micro::__private::Arc::new(UsersClient(::core::clone::Clone::clone(client))), &
        __MICRO_SERVICE,)
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::HandlerEntry::new(|| { #[allow(unused_imports)] use
        ::micro::__private::InitFallback as _; ::micro::__private::Component::new:: <
        Users > (< Users > ::only_one_init_function()) }, | value |
        UsersClient::__micro_serve(::micro::__private::downcast(value)), || &
        __MICRO_SERVICE, ::micro::__private::SourceLocation::new(::core::file!(),
        ::core::line!(), "service Users"),)
    }
    #[allow(deprecated)]
    const _: () = {
        ::micro::__private::inventory::submit! {
            ::micro::__private::SubscriberEntry::new(::micro::__private::SubscriberDesc::new("placed",
            "orders.*").retry(::core::option::Option::None,
            ::core::option::Option::Some(::core::time::Duration::new(1u64, 0u32))), const
            { & [] }, | __micro_instance, _ | { let __micro_this =
            ::micro::__private::instance:: < Users > (__micro_instance);
            ::core::result::Result::Ok(::micro::__private::subscriber(move |
            __micro_given | { let __micro_this = ::core::clone::Clone::clone(&
            __micro_this); async move { let __micro_event = __micro_given.decode:: <
            Event > () ?; ::micro::__private::Handled::into_result(< Users > ::placed(&
            __micro_this, __micro_event, __micro_given.context()). await) } })) },
            ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
            "subscriber Users::placed"),).of(|| { #[allow(unused_imports)] use
            ::micro::__private::InitFallback as _; ::micro::__private::Component::new:: <
            Users > (< Users > ::only_one_init_function()) })
        }
    };
};
