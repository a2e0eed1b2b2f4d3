#[derive(Default)]
struct Ping;
const _: () = {
    use ::micro::__private::message as __message;
    impl __message::Message for Ping {
        const DESC: &'static __message::MessageDesc = {
            const ENTRIES: &[__message::Entry] = &[];
            &__message::MessageDesc::new("shop.Ping", ENTRIES)
        };
        fn visit<V: __message::Visit>(&self, _: &mut V) {}
        fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
            while let ::core::option::Option::Some(tag) = source.next()? {
                match tag {
                    _ => source.unknown(::core::option::Option::None)?,
                }
            }
            ::core::result::Result::Ok(Self {})
        }
    }
    impl __message::Serialize for Ping {
        fn serialize<S: __message::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            __message::serialize(self, serializer)
        }
    }
    impl<'de> __message::Deserialize<'de> for Ping {
        fn deserialize<D: __message::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            __message::deserialize(deserializer)
        }
    }
    __message::submit! {
        __message::RegisteredMessage::of:: < Ping > ()
    }
    impl __message::prost::Message for Ping {
        fn encode_raw(&self, out: &mut impl __message::BufMut) {
            __message::through_prost::encode_raw(self, out);
        }
        fn merge_field(
            &mut self,
            tag: u32,
            wire: __message::prost::encoding::WireType,
            input: &mut impl __message::Buf,
            _: __message::prost::encoding::DecodeContext,
        ) -> ::core::result::Result<(), __message::prost::DecodeError> {
            __message::through_prost::merge_field(self, tag, wire, input)
        }
        fn encoded_len(&self) -> usize {
            __message::through_prost::encoded_len(self)
        }
        fn merge(
            &mut self,
            input: impl __message::Buf,
        ) -> ::core::result::Result<(), __message::prost::DecodeError> {
            __message::through_prost::merge(self, input)
        }
        fn clear(&mut self) {
            *self = ::core::default::Default::default();
        }
    }
    impl __message::prost::Name for Ping {
        const PACKAGE: &'static str = "shop";
        const NAME: &'static str = "Ping";
    }
};
