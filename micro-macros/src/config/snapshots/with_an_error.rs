#[derive(Debug)]
pub struct Wrong {
    pub a: u32,
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::micro::__private::{config as __config, config::SerdeFallback as _};
    impl __config::Setting for Wrong {
        fn kind() -> __config::Kind {
            loop {}
        }
        fn read(
            _: &__config::Node,
            _: &mut __config::Reader,
        ) -> ::core::option::Option<Self> {
            loop {}
        }
        fn write(&self) -> __config::Value {
            loop {}
        }
    }
    impl __config::Section for Wrong {
        const DESC: __config::SectionDesc = __config::SectionDesc {
            name: "",
            prefix: "",
            doc: "",
            declared: "",
            fields: &[],
        };
    }
    impl ::core::default::Default for Wrong {
        fn default() -> Self {
            __config::declared_default()
        }
    }
};
::core::compile_error! {
    "unknown option `prefx`; expected one of `prefix`, `validate`, `crate`\ndid you mean `prefix`?"
}
