enum Paid {
    InCash(Money),
    ByCard(u64),
    ByTransfer { account: String, bank: Option<Bank> },
    NotYet,
}
const _: () = {
    use ::micro::__private::message as __message;
    struct __Fields2 {
        account: String,
        bank: Option<Bank>,
    }
    struct __Shown2<'v> {
        account: &'v String,
        bank: &'v Option<Bank>,
    }
    impl __Shown2<'_> {
        const DESC: &'static __message::MessageDesc = <__Fields2 as __message::Message>::DESC;
    }
    impl __message::Fields for __Shown2<'_> {
        fn visit<V: __message::Visit>(&self, visitor: &mut V) {
            <Option<
                Bank,
            > as __message::Field<
                __message::Auto,
            >>::show(self.bank, visitor, &Self::DESC.entries[0], 1);
            <String as __message::Field<
                __message::Auto,
            >>::show(self.account, visitor, &Self::DESC.entries[1], 2);
        }
    }
    impl __message::Message for __Fields2 {
        const DESC: &'static __message::MessageDesc = {
            const ENTRIES: &[__message::Entry] = &[
                __message::FieldDesc::new(
                        1,
                        "bank",
                        "bank",
                        <Option<Bank> as __message::Field<__message::Auto>>::SHAPE,
                    )
                    .entry(),
                __message::FieldDesc::new(
                        2,
                        "account",
                        "account",
                        <String as __message::Field<__message::Auto>>::SHAPE,
                    )
                    .entry(),
            ];
            &__message::MessageDesc::new("shop.PaidByTransfer", ENTRIES)
        };
        fn visit<V: __message::Visit>(&self, visitor: &mut V) {
            __message::Fields::visit(
                &__Shown2 {
                    account: &self.account,
                    bank: &self.bank,
                },
                visitor,
            );
        }
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            let mut slot_0: <String as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
            let mut slot_1: <Option<Bank> as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
            while let ::core::option::Option::Some(tag) = source.next()? {
                match tag {
                    1 => {
                        <Option<
                            Bank,
                        > as __message::Field<
                            __message::Auto,
                        >>::receive(&mut slot_1, source)?
                    }
                    2 => {
                        <String as __message::Field<
                            __message::Auto,
                        >>::receive(&mut slot_0, source)?
                    }
                    _ => source.unknown(::core::option::Option::None)?,
                }
            }
            ::core::result::Result::Ok(Self {
                account: <String as __message::Field<
                    __message::Auto,
                >>::complete(slot_0, source, 2)?,
                bank: <Option<
                    Bank,
                > as __message::Field<__message::Auto>>::complete(slot_1, source, 1)?,
            })
        }
    }
    __message::submit! {
        __message::RegisteredMessage::of:: < __Fields2 > ()
    }
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
            __message::FieldDesc::variant::<
                __Fields2,
                __message::Auto,
            >(3, "by_transfer", "byTransfer"),
            __message::FieldDesc::variant::<(), __message::Auto>(4, "later", "later"),
        ];
        fn visit<V: __message::VisitOne>(&self, visitor: V) {
            match self {
                Self::InCash(content) => {
                    visitor.variant::<Money, __message::Auto>(0, content)
                }
                Self::ByCard(content) => {
                    visitor.variant::<u64, __message::Fixed>(1, content)
                }
                Self::ByTransfer { account: field_0, bank: field_1 } => {
                    visitor
                        .fields(
                            2,
                            &__Shown2 {
                                account: field_0,
                                bank: field_1,
                            },
                        )
                }
                Self::NotYet => visitor.variant::<(), __message::Auto>(3, &()),
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
                2 => {
                    let __Fields2 { account, bank } = source
                        .variant::<__Fields2, __message::Auto>()?;
                    ::core::result::Result::Ok(Self::ByTransfer { account, bank })
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
                __message::OneOfDesc::of::<Paid>("value", &[1, 2, 3, 4]).entry(),
            ];
            &__message::MessageDesc::new("shop.Paid", ENTRIES)
        };
        fn visit<V: __message::Visit>(&self, visitor: &mut V) {
            visitor.oneof(&[1, 2, 3, 4], self);
        }
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            __message::build_enum(source, &[1, 2, 3, 4])
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
        __message::RegisteredMessage::of:: < Paid > ()
    }
};
