#[derive(Debug)]
struct Limits {
    most: Option<u32>,
    required: Vec<String>,
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::fancy::__private::{config as __config, config::SerdeFallback as _};
    const __FIELDS: &[__config::Field] = &[
        __config::Field {
            secret: __config::FieldCodec::<Option<u32>>::SECRET,
            ..__config::Field::new(
                "most",
                "",
                || (__config::FieldCodec::<Option<u32>>::driver().kind)(),
            )
        },
        __config::Field {
            secret: __config::FieldCodec::<Vec<String>>::SECRET,
            ..__config::Field::new(
                "required",
                "",
                || (__config::FieldCodec::<Vec<String>>::driver().kind)(),
            )
        },
    ];
    fn __read(mut fields: __config::Fields<'_>) -> ::core::option::Option<Limits> {
        let value0 = fields
            .read(0usize, __config::FieldCodec::<Option<u32>>::driver(), &[]);
        let value1 = fields
            .read(1usize, __config::FieldCodec::<Vec<String>>::driver(), &[]);
        ::core::option::Option::Some(Limits {
            most: value0?,
            required: value1?,
        })
    }
    impl __config::Setting for Limits {
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
            __config::write_section(
                __FIELDS,
                [
                    (__config::FieldCodec::<Option<u32>>::driver().write)(&self.most),
                    (__config::FieldCodec::<Vec<String>>::driver().write)(&self.required),
                ],
            )
        }
        fn absent(reader: &mut __config::Reader) -> ::core::option::Option<Self> {
            __read(reader.empty_section(__FIELDS))
        }
    }
};
