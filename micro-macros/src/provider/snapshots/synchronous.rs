fn clock() -> Result<Arc<dyn Clock>, Infallible> {
    Ok(Arc::new(System))
}
const _: () = {
    ::micro::__private::inventory::submit! {
        ::micro::__private::ProviderEntry::new(::micro::__private::Dep::of:: < < Result <
        Arc < dyn Clock >, Infallible > as ::micro::__private::Provided > ::Value > (),
        const { & [] }, | resolver | ::micro::__private::Box::pin(async move {
        #[allow(unused_imports)] use ::micro::__private::AskAny as _;
        ::micro::__private::Provided::into_any(clock()) }),
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "provider clock"),)
    }
};
