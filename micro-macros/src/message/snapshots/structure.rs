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
                __message::FieldDesc::of::<u64, __message::Auto>(1, "id", "id")
                    .with_docs("Counts up.")
                    .entry(),
                __message::FieldDesc::of::<
                    Option<i32>,
                    __message::Zigzag,
                >(2, "delta", "delta")
                    .entry(),
                __message::FieldDesc::of::<
                    Vec<Item>,
                    __message::Auto,
                >(3, "items", "articles")
                    .entry(),
                __message::FieldDesc::of::<
                    HashMap<u32, String>,
                    (__message::Fixed, __message::Auto),
                >(4, "prices", "prices")
                    .entry(),
                __message::FieldDesc::of::<
                    Vec<u32>,
                    __message::Unpacked<__message::Auto>,
                >(5, "codes", "codes")
                    .entry(),
                __message::FieldDesc::of::<
                    Uuid,
                    __message::Alone<AsText>,
                >(6, "customer", "customer")
                    .entry(),
                __message::OneOfDesc::of::<
                    <Option<Paid> as __message::OneOfField>::OneOf,
                >("paid", &[7, 8])
                    .entry(),
            ];
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
            visitor.field::<u64, __message::Auto>(&Self::DESC.entries[0], 1, &self.id);
            visitor
                .field::<
                    Option<i32>,
                    __message::Zigzag,
                >(&Self::DESC.entries[1], 2, &self.delta);
            visitor
                .field::<
                    Vec<Item>,
                    __message::Auto,
                >(&Self::DESC.entries[2], 3, &self.items);
            visitor
                .field::<
                    HashMap<u32, String>,
                    (__message::Fixed, __message::Auto),
                >(&Self::DESC.entries[3], 4, &self.prices);
            visitor
                .field::<
                    Vec<u32>,
                    __message::Unpacked<__message::Auto>,
                >(&Self::DESC.entries[4], 5, &self.codes);
            visitor
                .field::<
                    Uuid,
                    __message::Alone<AsText>,
                >(&Self::DESC.entries[5], 6, &self.customer);
            if let ::core::option::Option::Some(variant) = __message::OneOfField::get(
                &self.paid,
            ) {
                visitor.oneof(&[7, 8], variant);
            }
            visitor.unknown(&self.rest);
        }
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            let mut slot_0 = __message::slot::<u64, __message::Auto>();
            let mut slot_1 = __message::slot::<Vec<Item>, __message::Auto>();
            let mut slot_2 = __message::slot::<Option<i32>, __message::Zigzag>();
            let mut slot_3 = __message::slot::<
                HashMap<u32, String>,
                (__message::Fixed, __message::Auto),
            >();
            let mut slot_4 = __message::slot::<
                Vec<u32>,
                __message::Unpacked<__message::Auto>,
            >();
            let mut slot_5 = __message::slot::<Uuid, __message::Alone<AsText>>();
            let mut slot_6 = __message::OneOfSlot::Empty;
            let mut slot_7 = __message::no_unknown_fields();
            while let ::core::option::Option::Some(tag) = source.next()? {
                match tag {
                    1 => source.field::<u64, __message::Auto>(&mut slot_0)?,
                    2 => source.field::<Option<i32>, __message::Zigzag>(&mut slot_2)?,
                    3 => source.field::<Vec<Item>, __message::Auto>(&mut slot_1)?,
                    4 => {
                        source
                            .field::<
                                HashMap<u32, String>,
                                (__message::Fixed, __message::Auto),
                            >(&mut slot_3)?
                    }
                    5 => {
                        source
                            .field::<
                                Vec<u32>,
                                __message::Unpacked<__message::Auto>,
                            >(&mut slot_4)?
                    }
                    6 => source.field::<Uuid, __message::Alone<AsText>>(&mut slot_5)?,
                    7 => source.oneof(&mut slot_6, 0)?,
                    8 => source.oneof(&mut slot_6, 1)?,
                    _ => source.unknown(::core::option::Option::Some(&mut slot_7))?,
                }
            }
            ::core::result::Result::Ok(Self {
                id: source.finish::<u64, __message::Auto>(1, slot_0)?,
                items: source.finish::<Vec<Item>, __message::Auto>(3, slot_1)?,
                delta: source.finish::<Option<i32>, __message::Zigzag>(2, slot_2)?,
                prices: source
                    .finish::<
                        HashMap<u32, String>,
                        (__message::Fixed, __message::Auto),
                    >(4, slot_3)?,
                codes: source
                    .finish::<
                        Vec<u32>,
                        __message::Unpacked<__message::Auto>,
                    >(5, slot_4)?,
                customer: source.finish::<Uuid, __message::Alone<AsText>>(6, slot_5)?,
                paid: __message::OneOfField::finish(source, "paid", slot_6)?,
                rest: slot_7,
            })
        }
    }
};
