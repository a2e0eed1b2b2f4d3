struct Nothing {}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::{config as __config, config::SerdeFallback as _};
    const __FIELDS: &[__config::Field] = &[];
    fn __read(fields: __config::Fields<'_>) -> ::core::option::Option<Nothing> {
        let _ = fields;
        ::core::option::Option::Some(Nothing {})
    }
    impl __config::Setting for Nothing {
        fn kind() -> __config::Kind {
            __config::Kind::Section(__FIELDS)
        }
        fn read(
            node: &__config::Node,
            reader: &mut __config::Reader,
        ) -> ::core::option::Option<Self> {
            __read(reader.section(node, __FIELDS)?)
        }
        fn write(&self) -> __config::Value {
            __config::write_section(__FIELDS, [])
        }
        fn absent(reader: &mut __config::Reader) -> ::core::option::Option<Self> {
            __read(reader.empty_section(__FIELDS))
        }
    }
    impl ::core::default::Default for Nothing {
        fn default() -> Self {
            __config::declared_default()
        }
    }
};
