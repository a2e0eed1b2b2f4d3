/// Connects once.
pub async fn pool(config: Config<Database>) -> Result<Pool> {
    Pool::connect(&config.get().url).await
}
const _: () = {
    ::micro::__private::inventory::submit! {
        ::micro::__private::ProviderEntry::new(::micro::__private::Dep::of:: < < Result <
        Pool > as ::micro::__private::Provided > ::Value > (), const { &
        [::micro::__private::Dep::of:: < Config < Database > > ()] }, | resolver |
        ::micro::__private::Box::pin(async move { #[allow(unused_imports)] use
        ::micro::__private::AskAny as _;
        ::micro::__private::Provided::into_any(pool(::micro::__private::Ask:: < Config <
        Database > > ::of(resolver) ?). await) }),
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "provider pool"),)
    }
};
