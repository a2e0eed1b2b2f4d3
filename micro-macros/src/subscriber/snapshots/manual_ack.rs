async fn placed(event: Placed, ack: Ack, publisher: Publisher<Paid>) -> Result<()> {
    ack.ack().await
}
#[allow(deprecated)]
const _: () = {
    const _: () = {
        #[allow(unused_imports)]
        use ::micro::__private::AnyParameter as _;
        ::core::assert!(
            ::micro::__private::Parameter:: < Ack > ::IS_ACK ||
            ::micro::__private::Parameter:: < Publisher < Paid > > ::IS_ACK,
            "`ack = \"manual\"` needs a parameter of type `Ack`, which acknowledges the event"
        );
    };
    ::micro::__private::inventory::submit! {
        ::micro::__private::SubscriberEntry::new(::micro::__private::SubscriberDesc::new("placed",
        < Placed as ::micro::__private::Topical > ::TOPIC).manual_ack(), const { &
        [::micro::__private::Dep::of:: < Ack > (), ::micro::__private::Dep::of:: <
        Publisher < Paid > > ()] }, | _, __micro_resolver | { #[allow(unused_imports)]
        use ::micro::__private::AnyParameter as _; let __micro_held =
        ::micro::__private::Arc::new((::micro::__private::Parameter:: < Ack >
        ::prepare(__micro_resolver) ?, ::micro::__private::Parameter:: < Publisher < Paid
        > > ::prepare(__micro_resolver) ?,));
        ::core::result::Result::Ok(::micro::__private::subscriber(move | __micro_given |
        { let __micro_held = ::core::clone::Clone::clone(& __micro_held); async move {
        let __micro_event = __micro_given.decode:: < Placed > () ?; let __micro_taken0 =
        __micro_held.0.take(& __micro_given); let __micro_taken1 = __micro_held.1.take(&
        __micro_given); ::micro::__private::Handled::into_result(placed(__micro_event,
        __micro_taken0, __micro_taken1). await) } })) },
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "subscriber placed"),).function(& placed)
    }
};
