impl Users {
    fn new() -> Self {
        Self
    }
    async fn get(&self, id: u64, ctx: &Context, verbose: bool) -> Result<User> {
        todo!()
    }
}
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct UsersClient;
impl ::micro::__private::ServiceClient for UsersClient {
    fn from_client(_: ::micro::__private::Client) -> Self {
        Self
    }
    fn as_client(&self) -> &::micro::__private::Client {
        ::core::unreachable!()
    }
}
impl<__MicroT> ::micro::__private::Wraps<__MicroT> for UsersClient {
    fn service(_: ::micro::__private::Arc<__MicroT>) -> ::micro::__private::Service {
        ::core::unreachable!()
    }
}
#[allow(dead_code, private_interfaces, unreachable_pub)]
impl UsersClient {
    pub fn get(
        &self,
        _: u64,
        _: bool,
    ) -> impl ::core::future::Future<Output = Result<User>> + ::core::marker::Send {
        ::core::future::pending()
    }
}
::core::compile_error! {
    "building may fail, so `#[init]` returns a `Result`: write `Result<Self>`"
}
::core::compile_error! {
    "a method takes no argument or one message, `get` takes 2\nwrite the message, and `get(&self, args: GetArgs)`:\n\n#[micro::message]\npub struct GetArgs {\n    pub id: u64,\n    pub verbose: bool,\n}"
}
