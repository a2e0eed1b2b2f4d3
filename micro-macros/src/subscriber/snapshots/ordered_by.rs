async fn placed(
    Placed { order, .. }: Placed,
    limits: &Limits,
    again: &Limits,
) -> Result<()> {
    Ok(())
}
#[allow(deprecated)]
const _: () = {
    ::micro::__private::inventory::submit! {
        ::micro::__private::SubscriberEntry::new(::micro::__private::SubscriberDesc::new("placed",
        < Placed as ::micro::__private::Topical > ::TOPIC)
        .retry(::core::option::Option::Some(1u32), ::core::option::Option::None)
        .in_order().from_earliest(), const { & [] }, | _, _ | {
        ::core::result::Result::Ok(::micro::__private::keyed_subscriber(| __micro_raw | {
        let __micro_event = ::micro::__private::read_event:: < Placed > (__micro_raw) ?;
        #[allow(unused)] let Placed { order, .. } : & Placed = & __micro_event;
        ::core::result::Result::Ok(::micro::__private::OrderKey::key(& (order.customer)))
        }, move | __micro_given | { async move { let __micro_event = __micro_given
        .decode:: < Placed > () ?; let __micro_held0 = match < Limits as
        ::micro::__private::FromContext > ::from_context(__micro_given.context()) {
        ::core::result::Result::Ok(held) => held, ::core::result::Result::Err(error) =>
        return ::micro::__private::refused(error), }; let __micro_held1 = match < Limits
        as ::micro::__private::FromContext > ::from_context(__micro_given.context()) {
        ::core::result::Result::Ok(held) => held, ::core::result::Result::Err(error) =>
        return ::micro::__private::refused(error), };
        ::micro::__private::Handled::into_result(placed(__micro_event,
        ::micro::__private::Borrow::borrow(& __micro_held0),
        ::micro::__private::Borrow::borrow(& __micro_held1)). await) } })) },
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "subscriber placed"),).taking(const { #[allow(unused_imports)] use
        ::micro::__private::NoNeeds as _; & [::micro::__private::Needs:: < Limits >
        ::TYPES] }).function(& placed)
    }
};
