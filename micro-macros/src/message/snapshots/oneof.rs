enum Paid {
    InCash(Money),
    ByCard(u64),
    NotYet,
}
const _: () = {
    use ::micro::__private::message as __message;
    impl __message::OneOf for Paid {
        const VARIANTS: &'static [__message::FieldDesc] = &[
            __message::FieldDesc::variant::<
                Money,
                __message::Auto,
            >(1, "in_cash", "inCash"),
            __message::FieldDesc::variant::<
                u64,
                __message::Fixed,
            >(2, "by_card", "byCard"),
            __message::FieldDesc::variant::<(), __message::Auto>(3, "later", "later"),
        ];
        fn visit<V: __message::VisitOne>(&self, visitor: V) {
            match self {
                Self::InCash(content) => {
                    visitor.variant::<Money, __message::Auto>(0, content)
                }
                Self::ByCard(content) => {
                    visitor.variant::<u64, __message::Fixed>(1, content)
                }
                Self::NotYet => visitor.variant::<(), __message::Auto>(2, &()),
            }
        }
        fn build<S: __message::BuildOne>(
            variant: usize,
            source: S,
        ) -> __message::Result<Self> {
            match variant {
                0 => {
                    ::core::result::Result::Ok(
                        Self::InCash(source.variant::<Money, __message::Auto>()?),
                    )
                }
                1 => {
                    ::core::result::Result::Ok(
                        Self::ByCard(source.variant::<u64, __message::Fixed>()?),
                    )
                }
                _ => {
                    source.variant::<(), __message::Auto>()?;
                    ::core::result::Result::Ok(Self::NotYet)
                }
            }
        }
        fn empty() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::NotYet)
        }
    }
    impl __message::Message for Paid {
        const DESC: &'static __message::MessageDesc = {
            const ENTRIES: &[__message::Entry] = &[
                __message::OneOfDesc::of::<Paid>("value", &[1, 2, 3]).entry(),
            ];
            &__message::MessageDesc::new("shop.Paid", ENTRIES)
        };
        fn visit<V: __message::Visit>(&self, visitor: &mut V) {
            visitor.oneof(&[1, 2, 3], self);
        }
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            __message::build_enum(source, &[1, 2, 3])
        }
    }
    impl __message::Serialize for Paid {
        fn serialize<S: __message::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            __message::serialize(self, serializer)
        }
    }
    impl<'de> __message::Deserialize<'de> for Paid {
        fn deserialize<D: __message::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            __message::deserialize(deserializer)
        }
    }
    __message::submit! {
        __message::Named::of:: < Paid > ()
    }
};
