pub trait Greeter: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn hello(
        &self,
        name: &str,
        times: u32,
    ) -> impl ::core::future::Future<Output = Result<HelloReply>> + ::core::marker::Send;
    fn plain(&self);
    fn pattern(
        &self,
        _: Hello,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send;
    fn fine(
        &self,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        async move { Ok(()) }
    }
    #[doc(hidden)]
    fn __micro_service(_: ::micro::__private::Arc<Self>) -> ::micro::__private::Service
    where
        Self: ::core::marker::Sized,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    fn __micro_desc() -> &'static ::micro::__private::ServiceDesc
    where
        Self: ::core::marker::Sized,
    {
        ::core::unreachable!()
    }
}
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct GreeterClient;
impl ::micro::__private::ServiceClient for GreeterClient {
    fn from_client(_: ::micro::__private::Client) -> Self {
        Self
    }
    fn as_client(&self) -> &::micro::__private::Client {
        ::core::unreachable!()
    }
}
impl<__MicroT> ::micro::__private::Wraps<__MicroT> for GreeterClient {
    fn service(_: ::micro::__private::Arc<__MicroT>) -> ::micro::__private::Service {
        ::core::unreachable!()
    }
}
#[allow(dead_code, private_interfaces, unreachable_pub)]
impl GreeterClient {
    pub fn hello(
        &self,
        _: &str,
        _: u32,
    ) -> impl ::core::future::Future<
        Output = Result<HelloReply>,
    > + ::core::marker::Send {
        ::core::future::pending()
    }
    pub fn plain(
        &self,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
        ::core::future::pending()
    }
    pub fn pattern(
        &self,
        _: Hello,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        ::core::future::pending()
    }
    pub fn fine(
        &self,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        ::core::future::pending()
    }
}
impl Greeter for GreeterClient {
    fn hello(
        &self,
        _: &str,
        _: u32,
    ) -> impl ::core::future::Future<
        Output = Result<HelloReply>,
    > + ::core::marker::Send {
        ::core::future::pending()
    }
    fn plain(&self) {
        ::core::unreachable!()
    }
    fn pattern(
        &self,
        _: Hello,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        ::core::future::pending()
    }
    fn fine(
        &self,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        ::core::future::pending()
    }
}
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct GreeterServer;
#[allow(dead_code, unreachable_pub, clippy::new_ret_no_self)]
impl GreeterServer {
    pub fn new(_: impl ::core::any::Any) -> ::micro::__private::Service {
        ::core::unreachable!()
    }
}
::core::compile_error! {
    "a method takes no argument or one message, `hello` takes 2\nwrite the message, and `hello(&self, args: HelloArgs)`:\n\n#[micro::message]\npub struct HelloArgs {\n    pub name: String,\n    pub times: u32,\n}"
}
::core::compile_error! {
    "a method of a service is `async`: write `async fn plain`"
}
::core::compile_error! {
    "a method of a service returns a `Result`, because calls can fail\nwrite `-> Result<()>`, or `-> Result<..>` of a message"
}
::core::compile_error! {
    "a contract names its parameter: write `request: Hello`, and destructure it in the implementation"
}
