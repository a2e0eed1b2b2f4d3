#[derive(Clone, Copy)]
pub enum Color {
    Red = 1,
    DarkBlue,
    Unknown(i32),
}
const _: () = {
    use ::micro::__private::message as __message;
    impl __message::Enumeration for Color {
        const DESC: &'static __message::EnumDesc = {
            const VALUES: &[__message::EnumValueDesc] = &[
                __message::EnumValueDesc::new("COLOUR_UNSPECIFIED", 0),
                __message::EnumValueDesc::new("COLOUR_RED", 1),
                __message::EnumValueDesc::new("COLOUR_DARK_BLUE", 2),
            ];
            &__message::EnumDesc::new("shop.Colour", VALUES).open()
        };
        fn number(&self) -> i32 {
            match self {
                Self::Red => 1,
                Self::DarkBlue => 2,
                Self::Unknown(number) => *number,
            }
        }
        fn from_number(number: i32) -> ::core::option::Option<Self> {
            match number {
                1 => ::core::option::Option::Some(Self::Red),
                2 => ::core::option::Option::Some(Self::DarkBlue),
                _ => ::core::option::Option::Some(Self::Unknown(number)),
            }
        }
        fn empty() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::DarkBlue)
        }
    }
    __message::enumeration!(Color);
    impl __message::Serialize for Color {
        fn serialize<S: __message::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            __message::serialize_enumeration(self, serializer)
        }
    }
    impl<'de> __message::Deserialize<'de> for Color {
        fn deserialize<D: __message::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            __message::deserialize_enumeration(deserializer)
        }
    }
};
