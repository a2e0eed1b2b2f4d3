#[allow(dead_code)]
pub(crate) async fn audit(event: Greeted, store: &str) -> Result<()> {
    event
}
/// The subscriber `audit` where a type has to stand: `micro::app().subscribe::<audit>()`.
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations, unreachable_pub)]
pub(crate) struct audit {}
impl ::micro::__private::Subscriber for audit {
    const ENTRY: ::micro::__private::SubscriberEntry = ::micro::__private::SubscriberEntry::new(
        ::micro::__private::SubscriberDesc::new("", ""),
        &[],
        |_, _| ::core::unreachable!(),
        ::micro::__private::Location::new("", 0, ""),
    );
}
::core::compile_error! {
    "injected values are owned: write `String`"
}
