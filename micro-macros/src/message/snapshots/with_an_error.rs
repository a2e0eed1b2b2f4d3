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
};
::core::compile_error! {
    "0 is no tag: they go from 1 to 536870911, without 19000 to 19999"
}
