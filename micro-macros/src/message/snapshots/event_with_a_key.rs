struct Placed {
    r#type: u64,
}
const _: () = {
    use ::micro::__private::message as __message;
    impl __message::Message for Placed {
        const DESC: &'static __message::MessageDesc = {
            const ENTRIES: &[__message::Entry] = &[
                __message::FieldDesc::new(
                        1,
                        "type",
                        "type",
                        <u64 as __message::Field<__message::Auto>>::SHAPE,
                    )
                    .entry(),
            ];
            &__message::MessageDesc::new("a.Placed", ENTRIES)
        };
        fn visit<V: __message::Visit>(&self, visitor: &mut V) {
            <u64 as __message::Field<
                __message::Auto,
            >>::show(&self.r#type, visitor, &Self::DESC.entries[0], 1);
        }
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            let mut slot_0: <u64 as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
            while let ::core::option::Option::Some(tag) = source.next()? {
                match tag {
                    1 => {
                        <u64 as __message::Field<
                            __message::Auto,
                        >>::receive(&mut slot_0, source)?
                    }
                    _ => source.unknown(::core::option::Option::None)?,
                }
            }
            ::core::result::Result::Ok(Self {
                r#type: <u64 as __message::Field<
                    __message::Auto,
                >>::complete(slot_0, source, 1)?,
            })
        }
    }
    impl __message::Serialize for Placed {
        fn serialize<S: __message::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            __message::serialize(self, serializer)
        }
    }
    impl<'de> __message::Deserialize<'de> for Placed {
        fn deserialize<D: __message::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            __message::deserialize(deserializer)
        }
    }
    __message::submit! {
        __message::RegisteredMessage::of:: < Placed > ()
    }
    impl ::micro::__private::Typed for Placed {
        const TOPIC: &'static ::core::primitive::str = "orders.placed";
        fn key(&self) -> ::core::option::Option<::micro::__private::String> {
            ::core::option::Option::Some(::micro::__private::OrderKey::key(&self.r#type))
        }
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::PublisherEntry::new(::micro::__private::Dep::of:: <
        ::micro::__private::Publisher < Placed >> (), | broker | {
        ::micro::__private::Arc::new(::micro::__private::Publisher:: < Placed >
        ::new(::core::clone::Clone::clone(broker))) as ::micro::__private::AnyArc },)
    }
};
