const _: () = {
    impl ::core::fmt::Display for GreetError {
        fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            loop {}
        }
    }
    impl ::core::error::Error for GreetError {}
    impl ::micro::__private::ServiceError for GreetError {
        fn into_error(self) -> ::micro::__private::Error {
            loop {}
        }
        fn from_error(_: ::micro::__private::Error) -> Self {
            loop {}
        }
    }
    impl ::core::convert::From<::micro::__private::Error> for GreetError {
        fn from(_: ::micro::__private::Error) -> Self {
            loop {}
        }
    }
};
::core::compile_error! {
    "`Nobody` has no message: write `#[error(code = .., \"..\")]`"
}
