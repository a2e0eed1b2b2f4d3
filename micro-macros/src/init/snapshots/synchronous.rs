impl English {
    pub(crate) fn new() -> Result<English, BuildError> {
        Ok(English)
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn only_one_init_function() -> ::fancy::__private::Init<
        <Result<English, BuildError> as ::fancy::__private::Building>::Type,
    > {
        #[allow(unused_imports)]
        use ::fancy::__private::OutsideOfItsImpl as _;
        let _ = <<Result<
            English,
            BuildError,
        > as ::fancy::__private::Building>::Type>::only_one_init_function;
        ::fancy::__private::Init {
            deps: const { &[] },
            build: |resolver| ::fancy::__private::Box::pin(async move {
                #[allow(unused_imports)]
                use ::fancy::__private::AskAny as _;
                ::fancy::__private::Built::<
                    <Result<English, BuildError> as ::fancy::__private::Building>::Type,
                >::into_result(
                    <<Result<
                        English,
                        BuildError,
                    > as ::fancy::__private::Building>::Type>::new(),
                )
            }),
        }
    }
}
