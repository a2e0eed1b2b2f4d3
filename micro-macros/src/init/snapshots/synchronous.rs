impl English {
    pub(crate) fn new() -> Result<English, BuildError> {
        Ok(English)
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn __micro_init() -> ::fancy::__private::Init<Self> {
        ::fancy::__private::Init {
            deps: const { &[] },
            build: |resolver| ::fancy::__private::Box::pin(async move {
                let value: ::fancy::__private::Result<Self> = ::fancy::__private::Built::into_result(
                    Self::new(),
                );
                value
            }),
        }
    }
}
