impl English {
    pub(crate) fn new() -> Result<English, BuildError> {
        Ok(English)
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn only_one_micro_init() -> ::fancy::__private::Init<Self> {
        ::fancy::__private::Init {
            deps: const { &[] },
            build: |resolver| ::fancy::__private::Box::pin(async move {
                #[allow(unused_imports)]
                use ::fancy::__private::AskAny as _;
                ::fancy::__private::Built::<Self>::into_result(Self::new())
            }),
        }
    }
}
