async fn r#type(event: micro::broker::Event) -> Result<(), MyError> {
    Ok(())
}
/// The subscriber `r#type` where a type has to stand: `micro::app().subscribe::<r#type>()`.
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations, unreachable_pub)]
struct r#type {}
#[allow(deprecated)]
const _: () = {
    impl ::fancy::__private::Subscriber for r#type {
        const ENTRY: ::fancy::__private::SubscriberEntry = ::fancy::__private::SubscriberEntry::new(
            ::fancy::__private::SubscriberDesc::new("all", "orders.*")
                .queue("audit")
                .concurrency(8usize)
                .retry(
                    ::core::option::Option::Some(5u32),
                    ::core::option::Option::Some(
                        ::core::time::Duration::from_millis(1000u64),
                    ),
                )
                .dead_letter("orders.failed")
                .in_order()
                .durable()
                .from_time(1769846400i64, 0u32)
                .broker("orders"),
            const { &[] },
            |_, _| {
                ::core::result::Result::Ok(
                    ::fancy::__private::subscriber(move |__micro_given| {
                        async move {
                            let __micro_event = __micro_given
                                .event::<micro::broker::Event>()?;
                            ::fancy::__private::Handled::into_result(
                                r#type(__micro_event).await,
                            )
                        }
                    }),
                )
            },
            ::fancy::__private::Location::new(
                ::core::file!(),
                ::core::line!(),
                "subscriber type",
            ),
        );
    }
};
