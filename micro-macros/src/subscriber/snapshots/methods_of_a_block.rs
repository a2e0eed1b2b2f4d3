impl English {
    const A: u8 = 1;
    async fn new(store: Store) -> Result<Self> {
        Ok(Self { store })
    }
    async fn greeted(
        &self,
        event: Greeted,
        config: &Limits,
        store: Store,
    ) -> Result<()> {
        Ok(())
    }
    /// Only there.
    #[cfg(unix)]
    pub async fn left(&self, _: Left) -> Result<()> {
        self.plain(&Context::current())
    }
    fn plain(&self, ctx: &Context) -> Result<()> {
        Ok(())
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn only_one_init_function() -> ::micro::__private::Init<Self> {
        ::micro::__private::Init {
            deps: const { &[::micro::__private::Dep::of::<Store>()] },
            build: |resolver| ::micro::__private::Box::pin(async move {
                #[allow(unused_imports)]
                use ::micro::__private::AskAny as _;
                ::micro::__private::Built::<
                    Self,
                >::into_result(
                    <Self>::new(::micro::__private::Ask::<Store>::of(resolver)?).await,
                )
            }),
        }
    }
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
        ::micro::__private::SubscriberEntry::new(::micro::__private::SubscriberDesc::new("greeted",
        < Greeted as ::micro::__private::Topical > ::TOPIC), const { &
        [::micro::__private::Dep::of:: < Store > ()] }, | __micro_instance,
        __micro_resolver | { #[allow(unused_imports)] use
        ::micro::__private::AnyParameter as _; let __micro_this =
        ::micro::__private::instance:: < English > (__micro_instance); let __micro_held =
        ::micro::__private::Arc::new((::micro::__private::Parameter:: < Store >
        ::prepare(__micro_resolver) ?,));
        ::core::result::Result::Ok(::micro::__private::subscriber(move | __micro_given |
        { let __micro_this = ::core::clone::Clone::clone(& __micro_this); let
        __micro_held = ::core::clone::Clone::clone(& __micro_held); async move { let
        __micro_event = __micro_given.decode:: < Greeted > () ?; let __micro_held0 =
        match < Limits as ::micro::__private::FromContext > ::from_context(__micro_given
        .context()) { ::core::result::Result::Ok(held) => held,
        ::core::result::Result::Err(error) => return ::micro::__private::refused(error),
        }; let __micro_taken0 = __micro_held.0.take(& __micro_given);
        ::micro::__private::Handled::into_result(< English > ::greeted(& __micro_this,
        __micro_event, ::micro::__private::Borrow::borrow(& __micro_held0),
        __micro_taken0). await) } })) },
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "subscriber English::greeted"),).of(|| { #[allow(unused_imports)] use
        ::micro::__private::InitFallback as _; ::micro::__private::Component::new:: <
        English > (< English > ::only_one_init_function()) }).taking(const {
        #[allow(unused_imports)] use ::micro::__private::NoNeeds as _; &
        [::micro::__private::Needs:: < Limits > ::TYPES] })
    }
};
#[cfg(unix)]
#[allow(deprecated)]
const _: () = {
    ::micro::__private::inventory::submit! {
        ::micro::__private::SubscriberEntry::new(::micro::__private::SubscriberDesc::new("left",
        < Left as ::micro::__private::Topical > ::TOPIC).queue("bye"), const { & [] }, |
        __micro_instance, _ | { let __micro_this = ::micro::__private::instance:: <
        English > (__micro_instance);
        ::core::result::Result::Ok(::micro::__private::subscriber(move | __micro_given |
        { let __micro_this = ::core::clone::Clone::clone(& __micro_this); async move {
        let __micro_event = __micro_given.decode:: < Left > () ?;
        ::micro::__private::Handled::into_result(< English > ::left(& __micro_this,
        __micro_event). await) } })) },
        ::micro::__private::SourceLocation::new(::core::file!(), ::core::line!(),
        "subscriber English::left"),).of(|| { #[allow(unused_imports)] use
        ::micro::__private::InitFallback as _; ::micro::__private::Component::new:: <
        English > (< English > ::only_one_init_function()) })
    }
};
