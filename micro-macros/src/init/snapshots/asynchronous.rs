impl English {
    async fn new(
        Settings(config): Config<GreeterConfig>,
        peer: GreeterClient,
    ) -> Result<Self> {
        Ok(Self { config, peer })
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn only_one_init_function() -> ::micro::__private::Init<Self> {
        ::micro::__private::Init {
            deps: const {
                &[
                    ::micro::__private::Dep::of::<Config<GreeterConfig>>(),
                    ::micro::__private::Dep::of::<GreeterClient>(),
                ]
            },
            build: |resolver| ::micro::__private::Box::pin(async move {
                #[allow(unused_imports)]
                use ::micro::__private::AskAny as _;
                ::micro::__private::Built::<
                    Self,
                >::into_result(
                    <Self>::new(
                            ::micro::__private::Ask::<
                                Config<GreeterConfig>,
                            >::of(resolver)?,
                            ::micro::__private::Ask::<GreeterClient>::of(resolver)?,
                        )
                        .await,
                )
            }),
        }
    }
}
