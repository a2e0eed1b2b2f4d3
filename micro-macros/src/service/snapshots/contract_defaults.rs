trait UserAccounts: Clone + ::core::marker::Send + ::core::marker::Sync + 'static {
    #[must_use]
    fn count(
        &self,
    ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send;
    #[doc(hidden)]
    fn __micro_service(this: fancy::__private::Arc<Self>) -> fancy::__private::Service
    where
        Self: ::core::marker::Sized,
    {
        UserAccountsClient::__micro_serve(this)
    }
    #[doc(hidden)]
    fn __micro_desc() -> &'static fancy::__private::ServiceDesc
    where
        Self: ::core::marker::Sized,
    {
        UserAccountsClient::__micro_desc()
    }
}
/// Calls a [`UserAccounts`] wherever it runs. Cloning it is cheap.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
struct UserAccountsClient(fancy::__private::Client);
impl fancy::__private::ServiceClient for UserAccountsClient {
    fn from_client(client: fancy::__private::Client) -> Self {
        Self(client)
    }
    fn as_client(&self) -> &fancy::__private::Client {
        &self.0
    }
}
/// Makes a service of any [`UserAccounts`]: `UserAccountsServer::new(value)`.
#[allow(dead_code)]
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
struct UserAccountsServer;
#[allow(dead_code, unreachable_pub, clippy::new_ret_no_self)]
impl UserAccountsServer {
    /// A service that answers with `value`.
    #[must_use]
    fn new(value: impl UserAccounts) -> fancy::__private::Service {
        UserAccounts::__micro_service(fancy::__private::Arc::new(value))
    }
}
#[allow(deprecated, non_camel_case_types, private_interfaces, unreachable_pub)]
const _: () = {
    static __MICRO_SERVICE: fancy::__private::ServiceDesc = fancy::__private::ServiceDesc::new(
            "user-accounts",
            "user_accounts",
            "UserAccounts",
        )
        .methods(
            &[
                fancy::__private::MethodDesc::of::<
                    __micro_count,
                >("Count", "/user_accounts.UserAccounts/Count"),
            ],
        );
    struct __micro_count;
    impl fancy::__private::MethodSpec for __micro_count {
        type In = ();
        type Out = Result<Count>;
        const INDEX: ::core::primitive::usize = 0usize;
        const SERVICE: &'static fancy::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    impl<__MicroT: UserAccounts> fancy::__private::Method<__MicroT> for __micro_count {
        fn call(
            this: &__MicroT,
            _: Self::In,
            _: &fancy::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <__MicroT as UserAccounts>::count(this)
        }
    }
    impl UserAccounts for UserAccountsClient {
        fn count(
            &self,
        ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
            self.0.call::<__micro_count>(())
        }
    }
    impl<__MicroT: UserAccounts> fancy::__private::Wraps<__MicroT>
    for UserAccountsClient {
        fn service(value: fancy::__private::Arc<__MicroT>) -> fancy::__private::Service {
            Self::__micro_serve(value)
        }
    }
    #[allow(dead_code)]
    impl UserAccountsClient {
        fn count(
            &self,
        ) -> impl ::core::future::Future<Output = Result<Count>> + ::core::marker::Send {
            self.0.call::<__micro_count>(())
        }
        fn __micro_serve<__MicroT: UserAccounts>(
            this: fancy::__private::Arc<__MicroT>,
        ) -> fancy::__private::Service {
            fancy::__private::Service::new(
                this,
                &__MICRO_SERVICE,
                const { &[fancy::__private::MethodVTable::of::<__micro_count>()] },
            )
        }
        fn __micro_desc() -> &'static fancy::__private::ServiceDesc {
            &__MICRO_SERVICE
        }
    }
    fancy::__private::inventory::submit! {
        fancy::__private::ClientEntry::new(fancy::__private::Dep::of:: <
        UserAccountsClient > (), | client |
        fancy::__private::Arc::new(UserAccountsClient(::core::clone::Clone::clone(client))),
        & __MICRO_SERVICE,)
    }
};
