/// What a customer wants.
#[derive(Clone, Debug)]
pub struct Order {
    /// Counts up.
    pub id: u64,
    pub items: Vec<Item>,
    delta: Option<i32>,
    prices: HashMap<u32, String>,
    codes: Vec<u32>,
    customer: Uuid,
    paid: Option<Paid>,
    rest: UnknownFields,
}
const _: () = {
    use ::micro::__private::message as __message;
    impl __message::Message for Order {
        const DESC: &'static __message::MessageDesc = {
            const ENTRIES: &[__message::Entry] = &[
                __message::FieldDesc::new(
                        1,
                        "id",
                        "id",
                        <u64 as __message::Field<__message::Auto>>::SHAPE,
                    )
                    .with_docs("Counts up.")
                    .entry(),
                __message::FieldDesc::new(
                        2,
                        "delta",
                        "delta",
                        <Option<i32> as __message::Field<__message::Zigzag>>::SHAPE,
                    )
                    .entry(),
                __message::FieldDesc::new(
                        3,
                        "items",
                        "articles",
                        <Vec<Item> as __message::Field<__message::Auto>>::SHAPE,
                    )
                    .entry(),
                __message::FieldDesc::new(
                        4,
                        "prices",
                        "prices",
                        <HashMap<
                            u32,
                            String,
                        > as __message::Field<
                            (__message::Fixed, __message::Auto),
                        >>::SHAPE,
                    )
                    .entry(),
                __message::FieldDesc::new(
                        5,
                        "codes",
                        "codes",
                        <Vec<
                            u32,
                        > as __message::Field<
                            __message::Unpacked<__message::Auto>,
                        >>::SHAPE,
                    )
                    .entry(),
                __message::FieldDesc::new(
                        6,
                        "customer",
                        "customer",
                        <Uuid as __message::Field<__message::WithSingle<AsText>>>::SHAPE,
                    )
                    .entry(),
                __message::OneOfDesc::of::<
                    <Option<Paid> as __message::OneOfField>::OneOf,
                >("paid", &[7, 8])
                    .entry(),
            ];
            const _: () = __message::assert_unique_names(ENTRIES, 6);
            &__message::MessageDesc::new("shop.v1.Order", ENTRIES)
                .with_docs("What a customer wants.")
                .with_reserved(
                    &[
                        __message::Reserved::Tags(9, 9),
                        __message::Reserved::Tags(20, 29),
                        __message::Reserved::Name("price"),
                    ],
                )
        };
        fn visit<V: __message::Visit>(&self, visitor: &mut V) {
            <u64 as __message::Field<
                __message::Auto,
            >>::show(&self.id, visitor, &Self::DESC.entries[0], 1);
            <Option<
                i32,
            > as __message::Field<
                __message::Zigzag,
            >>::show(&self.delta, visitor, &Self::DESC.entries[1], 2);
            <Vec<
                Item,
            > as __message::Field<
                __message::Auto,
            >>::show(&self.items, visitor, &Self::DESC.entries[2], 3);
            <HashMap<
                u32,
                String,
            > as __message::Field<
                (__message::Fixed, __message::Auto),
            >>::show(&self.prices, visitor, &Self::DESC.entries[3], 4);
            <Vec<
                u32,
            > as __message::Field<
                __message::Unpacked<__message::Auto>,
            >>::show(&self.codes, visitor, &Self::DESC.entries[4], 5);
            <Uuid as __message::Field<
                __message::WithSingle<AsText>,
            >>::show(&self.customer, visitor, &Self::DESC.entries[5], 6);
            if let ::core::option::Option::Some(variant) = __message::OneOfField::get(
                &self.paid,
            ) {
                visitor.oneof(&[7, 8], variant);
            }
            visitor.unknown(&self.rest);
        }
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            let mut slot_0: <u64 as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
            let mut slot_1: <Vec<Item> as __message::Field<__message::Auto>>::Slot = ::core::default::Default::default();
            let mut slot_2: <Option<i32> as __message::Field<__message::Zigzag>>::Slot = ::core::default::Default::default();
            let mut slot_3: <HashMap<
                u32,
                String,
            > as __message::Field<(__message::Fixed, __message::Auto)>>::Slot = ::core::default::Default::default();
            let mut slot_4: <Vec<
                u32,
            > as __message::Field<__message::Unpacked<__message::Auto>>>::Slot = ::core::default::Default::default();
            let mut slot_5: <Uuid as __message::Field<
                __message::WithSingle<AsText>,
            >>::Slot = ::core::default::Default::default();
            let mut slot_6 = __message::OneOfSlot::Empty;
            let mut slot_7 = __message::no_unknown_fields();
            while let ::core::option::Option::Some(tag) = source.next()? {
                match tag {
                    1 => {
                        <u64 as __message::Field<
                            __message::Auto,
                        >>::receive(&mut slot_0, source)?
                    }
                    2 => {
                        <Option<
                            i32,
                        > as __message::Field<
                            __message::Zigzag,
                        >>::receive(&mut slot_2, source)?
                    }
                    3 => {
                        <Vec<
                            Item,
                        > as __message::Field<
                            __message::Auto,
                        >>::receive(&mut slot_1, source)?
                    }
                    4 => {
                        <HashMap<
                            u32,
                            String,
                        > as __message::Field<
                            (__message::Fixed, __message::Auto),
                        >>::receive(&mut slot_3, source)?
                    }
                    5 => {
                        <Vec<
                            u32,
                        > as __message::Field<
                            __message::Unpacked<__message::Auto>,
                        >>::receive(&mut slot_4, source)?
                    }
                    6 => {
                        <Uuid as __message::Field<
                            __message::WithSingle<AsText>,
                        >>::receive(&mut slot_5, source)?
                    }
                    7 => source.oneof(&mut slot_6, 0)?,
                    8 => source.oneof(&mut slot_6, 1)?,
                    _ => source.unknown(::core::option::Option::Some(&mut slot_7))?,
                }
            }
            ::core::result::Result::Ok(Self {
                id: <u64 as __message::Field<
                    __message::Auto,
                >>::complete(slot_0, source, 1)?,
                items: <Vec<
                    Item,
                > as __message::Field<__message::Auto>>::complete(slot_1, source, 3)?,
                delta: <Option<
                    i32,
                > as __message::Field<__message::Zigzag>>::complete(slot_2, source, 2)?,
                prices: <HashMap<
                    u32,
                    String,
                > as __message::Field<
                    (__message::Fixed, __message::Auto),
                >>::complete(slot_3, source, 4)?,
                codes: <Vec<
                    u32,
                > as __message::Field<
                    __message::Unpacked<__message::Auto>,
                >>::complete(slot_4, source, 5)?,
                customer: <Uuid as __message::Field<
                    __message::WithSingle<AsText>,
                >>::complete(slot_5, source, 6)?,
                paid: __message::OneOfField::finish(source, "paid", slot_6)?,
                rest: slot_7,
            })
        }
    }
    impl __message::Serialize for Order {
        fn serialize<S: __message::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            __message::serialize(self, serializer)
        }
    }
    impl<'de> __message::Deserialize<'de> for Order {
        fn deserialize<D: __message::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            __message::deserialize(deserializer)
        }
    }
    __message::submit! {
        __message::RegisteredMessage::of:: < Order > ()
    }
};
