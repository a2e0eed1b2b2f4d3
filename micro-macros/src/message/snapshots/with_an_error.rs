pub struct Wrong {
    pub a: u32,
}
const _: () = {
    use ::micro::__private::message as __message;
    impl __message::Message for Wrong {
        const DESC: &'static __message::MessageDesc = &__message::MessageDesc::new(
            "",
            &[],
        );
        fn visit<V: __message::Visit>(&self, _: &mut V) {}
        fn build<S: __message::Source>(_: &mut S) -> __message::Result<Self> {
            loop {}
        }
    }
    impl __message::Serialize for Wrong {
        fn serialize<S: __message::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            __message::serialize(self, serializer)
        }
    }
    impl<'de> __message::Deserialize<'de> for Wrong {
        fn deserialize<D: __message::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            __message::deserialize(deserializer)
        }
    }
};
::core::compile_error! {
    "0 is not a tag: tags range from 1 to 536870911, without 19000 to 19999"
}
