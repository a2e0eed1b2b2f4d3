impl English {
    async fn new(
        Settings(config): Config<GreeterConfig>,
        peer: GreeterClient,
    ) -> Result<Self> {
        Ok(Self { config, peer })
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn only_one_micro_init() -> ::micro::__private::Init<Self> {
        ::micro::__private::Init {
            deps: const {
                &[
                    ::micro::__private::Dep::of::<Config<GreeterConfig>>(),
                    ::micro::__private::Dep::of::<GreeterClient>(),
                ]
            },
            build: |resolver| ::micro::__private::Box::pin(async move {
                ::micro::__private::Built::<
                    Self,
                >::into_result(
                    Self::new(
                            resolver.get::<Config<GreeterConfig>>()?,
                            resolver.get::<GreeterClient>()?,
                        )
                        .await,
                )
            }),
        }
    }
}
