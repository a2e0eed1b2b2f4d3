async fn r#type(event: micro::broker::Event) -> Result<(), MyError> {
    Ok(())
}
#[allow(deprecated)]
const _: () = {
    ::fancy::__private::inventory::submit! {
        ::fancy::__private::SubscriberEntry::new(::fancy::__private::SubscriberDesc::new("all",
        "orders.*").queue("audit").concurrency(8usize)
        .retry(::core::option::Option::Some(5u32),
        ::core::option::Option::Some(::core::time::Duration::new(1u64, 0u32)))
        .dead_letter("orders.failed").in_order().durable().from_time(1769846400i64, 0u32)
        .broker("orders"), const { & [] }, | _, _ | {
        ::core::result::Result::Ok(::fancy::__private::subscriber(move | __micro_given |
        { async move { let __micro_event = __micro_given.decode:: < micro::broker::Event
        > () ?; ::fancy::__private::Handled::into_result(r#type(__micro_event). await) }
        })) }, ::fancy::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "subscriber type"),).function(& r#type).manual()
    }
};
