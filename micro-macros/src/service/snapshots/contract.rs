/// Greets people.
pub trait Greeter: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Greets a person by name.
    fn hello(
        &self,
        req: HelloRequest,
    ) -> impl ::core::future::Future<Output = Result<HelloReply>> + ::core::marker::Send;
    #[deprecated(note = "use `hello`")]
    fn countdown(
        &self,
        _: Countdown,
    ) -> impl ::core::future::Future<
        Output = Result<Streaming<Tick>, GreetError>,
    > + ::core::marker::Send;
    #[allow(clippy::manual_async_fn)]
    fn r#type(
        &self,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        async move { self.hello(HelloRequest::default()).await.map(drop) }
    }
    #[doc(hidden)]
    fn __micro_service(
        this: ::micro::__private::Arc<Self>,
    ) -> ::micro::__private::Service
    where
        Self: ::core::marker::Sized,
    {
        GreeterClient::__micro_serve(this)
    }
    #[doc(hidden)]
    fn __micro_desc() -> &'static ::micro::__private::ServiceDesc
    where
        Self: ::core::marker::Sized,
    {
        GreeterClient::__micro_desc()
    }
}
/// Calls a [`Greeter`] wherever it runs. Cloning it is cheap.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct GreeterClient(::micro::__private::Client);
impl ::micro::__private::ServiceClient for GreeterClient {
    fn from_client(client: ::micro::__private::Client) -> Self {
        Self(client)
    }
    fn as_client(&self) -> &::micro::__private::Client {
        &self.0
    }
}
/// Makes a service of any [`Greeter`]: `GreeterServer::new(value)`.
#[allow(dead_code)]
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct GreeterServer;
#[allow(dead_code, unreachable_pub, clippy::new_ret_no_self)]
impl GreeterServer {
    /// A service that answers with `value`.
    #[must_use]
    pub fn new(value: impl Greeter) -> ::micro::__private::Service {
        Greeter::__micro_service(::micro::__private::Arc::new(value))
    }
}
#[allow(deprecated, non_camel_case_types, private_interfaces, unreachable_pub)]
const _: () = {
    static __MICRO_SERVICE: ::micro::__private::ServiceDesc = ::micro::__private::ServiceDesc::new(
            "greeter-eu",
            "greeter_eu",
            "Greeter",
        )
        .version("1.2.0")
        .docs("Greets people.")
        .extensions(&[("team", "\"doors\"")])
        .methods(
            &[
                ::micro::__private::MethodDesc::of::<
                    __micro_hello,
                >("Hello", "/greeter_eu.Greeter/Hello")
                    .docs("Greets a person by name.")
                    .with_timeout(::core::time::Duration::new(2u64, 0u32))
                    .no_side_effects(),
                ::micro::__private::MethodDesc::of::<
                    __micro_countdown,
                >("Tick", "/greeter_eu.Greeter/Tick")
                    .idempotent()
                    .deprecated("use `hello`")
                    .extensions(&[("auth.scope", "[\"admin\"]")]),
                ::micro::__private::MethodDesc::of::<
                    __micro_type,
                >("Type", "/greeter_eu.Greeter/Type"),
            ],
        );
    struct __micro_hello;
    impl ::micro::__private::MethodSpec for __micro_hello {
        type In = HelloRequest;
        type Out = Result<HelloReply>;
        const INDEX: ::core::primitive::usize = 0usize;
        const SERVICE: &'static ::micro::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    struct __micro_countdown;
    impl ::micro::__private::MethodSpec for __micro_countdown {
        type In = Countdown;
        type Out = Result<Streaming<Tick>, GreetError>;
        const INDEX: ::core::primitive::usize = 1usize;
        const SERVICE: &'static ::micro::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    struct __micro_type;
    impl ::micro::__private::MethodSpec for __micro_type {
        type In = ();
        type Out = Result<()>;
        const INDEX: ::core::primitive::usize = 2usize;
        const SERVICE: &'static ::micro::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    impl<__MicroT: Greeter> ::micro::__private::Method<__MicroT> for __micro_hello {
        fn call(
            this: &__MicroT,
            input: Self::In,
            _: &::micro::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <__MicroT as Greeter>::hello(this, input)
        }
    }
    impl<__MicroT: Greeter> ::micro::__private::Method<__MicroT> for __micro_countdown {
        fn call(
            this: &__MicroT,
            input: Self::In,
            _: &::micro::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <__MicroT as Greeter>::countdown(this, input)
        }
    }
    impl<__MicroT: Greeter> ::micro::__private::Method<__MicroT> for __micro_type {
        fn call(
            this: &__MicroT,
            _: Self::In,
            _: &::micro::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <__MicroT as Greeter>::r#type(this)
        }
    }
    impl Greeter for GreeterClient {
        fn hello(
            &self,
            req: HelloRequest,
        ) -> impl ::core::future::Future<
            Output = Result<HelloReply>,
        > + ::core::marker::Send {
            self.0.call::<__micro_hello>(req)
        }
        fn countdown(
            &self,
            request: Countdown,
        ) -> impl ::core::future::Future<
            Output = Result<Streaming<Tick>, GreetError>,
        > + ::core::marker::Send {
            self.0.call::<__micro_countdown>(request)
        }
        fn r#type(
            &self,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            self.0.call::<__micro_type>(())
        }
    }
    impl<__MicroT: Greeter> ::micro::__private::Wraps<__MicroT> for GreeterClient {
        fn service(
            value: ::micro::__private::Arc<__MicroT>,
        ) -> ::micro::__private::Service {
            Self::__micro_serve(value)
        }
    }
    #[allow(dead_code)]
    impl GreeterClient {
        /// Greets a person by name.
        pub fn hello(
            &self,
            req: HelloRequest,
        ) -> impl ::core::future::Future<
            Output = Result<HelloReply>,
        > + ::core::marker::Send {
            self.0.call::<__micro_hello>(req)
        }
        #[deprecated(note = "use `hello`")]
        pub fn countdown(
            &self,
            request: Countdown,
        ) -> impl ::core::future::Future<
            Output = Result<Streaming<Tick>, GreetError>,
        > + ::core::marker::Send {
            self.0.call::<__micro_countdown>(request)
        }
        pub fn r#type(
            &self,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            self.0.call::<__micro_type>(())
        }
        fn __micro_serve<__MicroT: Greeter>(
            this: ::micro::__private::Arc<__MicroT>,
        ) -> ::micro::__private::Service {
            ::micro::__private::Service::new(
                this,
                &__MICRO_SERVICE,
                const {
                    &[
                        ::micro::__private::MethodVTable::of::<__micro_hello>(),
                        ::micro::__private::MethodVTable::of::<__micro_countdown>(),
                        ::micro::__private::MethodVTable::of::<__micro_type>(),
                    ]
                },
            )
        }
        fn __micro_desc() -> &'static ::micro::__private::ServiceDesc {
            &__MICRO_SERVICE
        }
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::ClientEntry::new(::micro::__private::Dep::of:: <
        GreeterClient > (), | client |
        ::micro::__private::Arc::new(GreeterClient(::core::clone::Clone::clone(client))),
        & __MICRO_SERVICE,)
    }
};
