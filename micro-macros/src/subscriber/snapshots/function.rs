/// Writes down who was greeted.
pub async fn audit(
    event: Greeted,
    ctx: &Context,
    config: &AuditConfig,
    store: Store,
) -> Result<()> {
    store.put(event.name, ctx.event(), &config.file).await
}
#[allow(deprecated)]
const _: () = {
    const _: () = {
        #[allow(unused_imports)]
        use ::micro::__private::AnyParameter as _;
        ::core::assert!(
            ! ::micro::__private::Parameter:: < Store > ::IS_ACK,
            "a parameter of type `Ack` needs `ack = \"manual\"`"
        );
    };
    ::micro::__private::inventory::submit! {
        ::micro::__private::SubscriberEntry::new(::micro::__private::SubscriberDesc::new("audit",
        < Greeted as ::micro::__private::Topical > ::TOPIC).queue("audit"), const { &
        [::micro::__private::Dep::of:: < Store > ()] }, | _, __micro_resolver | {
        #[allow(unused_imports)] use ::micro::__private::AnyParameter as _; let
        __micro_held = ::micro::__private::Arc::new((::micro::__private::Parameter:: <
        Store > ::prepare(__micro_resolver) ?,));
        ::core::result::Result::Ok(::micro::__private::subscriber(move | __micro_given |
        { let __micro_held = ::core::clone::Clone::clone(& __micro_held); async move {
        let __micro_event = __micro_given.decode:: < Greeted > () ?; let __micro_held0 =
        match < AuditConfig as ::micro::__private::FromContext >
        ::from_context(__micro_given.context()) { ::core::result::Result::Ok(held) =>
        held, ::core::result::Result::Err(error) => return
        ::micro::__private::refused(error), }; let __micro_taken0 = __micro_held.0.take(&
        __micro_given); ::micro::__private::Handled::into_result(audit(__micro_event,
        __micro_given.context(), ::micro::__private::Borrow::borrow(& __micro_held0),
        __micro_taken0). await) } })) },
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "subscriber audit"),).taking(const { #[allow(unused_imports)] use
        ::micro::__private::NoNeeds as _; & [::micro::__private::Needs:: < AuditConfig >
        ::TYPES] }).function(& audit)
    }
};
