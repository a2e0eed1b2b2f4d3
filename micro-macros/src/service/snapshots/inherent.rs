/// Keeps users.
impl Users {
    const LIMIT: usize = 3;
    async fn new(store: Store, mailer: Arc<dyn Mailer>) -> Result<Self> {
        Ok(Self { store, mailer })
    }
    /// Finds a user.
    async fn get(&self, ctx: &Context, GetUser { id }: GetUser) -> Result<User> {
        self.find(id, ctx)
    }
    pub async fn reset(&self) -> Result<()> {
        Ok(())
    }
    fn find(&self, id: u64, ctx: &Context) -> Result<User> {
        self.store.find(id, ctx)
    }
    #[doc(hidden)]
    #[allow(unreachable_pub)]
    pub fn only_one_init_function() -> ::micro::__private::Init<Self> {
        ::micro::__private::Init {
            deps: const {
                &[
                    ::micro::__private::Dep::of::<Store>(),
                    ::micro::__private::Dep::of::<Arc<dyn Mailer>>(),
                ]
            },
            build: |resolver| ::micro::__private::Box::pin(async move {
                #[allow(unused_imports)]
                use ::micro::__private::AskAny as _;
                ::micro::__private::Built::<
                    Self,
                >::into_result(
                    <Self>::new(
                            ::micro::__private::Ask::<Store>::of(resolver)?,
                            ::micro::__private::Ask::<Arc<dyn Mailer>>::of(resolver)?,
                        )
                        .await,
                )
            }),
        }
    }
}
/// Calls a [`Users`] wherever it runs. Cloning it is cheap.
#[allow(unreachable_pub)]
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct UsersClient(::micro::__private::Client);
impl ::micro::__private::ServiceClient for UsersClient {
    fn from_client(client: ::micro::__private::Client) -> Self {
        Self(client)
    }
    fn as_client(&self) -> &::micro::__private::Client {
        &self.0
    }
}
#[allow(deprecated, non_camel_case_types, private_interfaces, unreachable_pub)]
const _: () = {
    static __MICRO_SERVICE: ::micro::__private::ServiceDesc = ::micro::__private::ServiceDesc::new(
            "users",
            "users",
            "Users",
        )
        .docs("Keeps users.")
        .methods(
            &[
                ::micro::__private::MethodDesc::of::<
                    __micro_get,
                >("Get", "/users.Users/Get")
                    .docs("Finds a user.")
                    .no_side_effects(),
                ::micro::__private::MethodDesc::of::<
                    __micro_reset,
                >("Reset", "/users.Users/Reset"),
            ],
        );
    struct __micro_get;
    impl ::micro::__private::MethodSpec for __micro_get {
        type In = GetUser;
        type Out = Result<User>;
        const INDEX: ::core::primitive::usize = 0usize;
        const SERVICE: &'static ::micro::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    struct __micro_reset;
    impl ::micro::__private::MethodSpec for __micro_reset {
        type In = ();
        type Out = Result<()>;
        const INDEX: ::core::primitive::usize = 1usize;
        const SERVICE: &'static ::micro::__private::ServiceDesc = &__MICRO_SERVICE;
    }
    impl ::micro::__private::Method<Users> for __micro_get {
        fn call(
            this: &Users,
            _input: Self::In,
            _context: &::micro::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <Users>::get(this, _context, _input)
        }
    }
    impl ::micro::__private::Method<Users> for __micro_reset {
        fn call(
            this: &Users,
            _input: Self::In,
            _context: &::micro::__private::Context,
        ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
            <Users>::reset(this)
        }
    }
    impl ::micro::__private::Wraps<Users> for UsersClient {
        fn service(
            value: ::micro::__private::Arc<Users>,
        ) -> ::micro::__private::Service {
            Self::__micro_serve(value)
        }
    }
    #[allow(dead_code)]
    impl UsersClient {
        /// Finds a user.
        pub fn get(
            &self,
            request: GetUser,
        ) -> impl ::core::future::Future<Output = Result<User>> + ::core::marker::Send {
            self.0.call::<__micro_get>(request)
        }
        pub fn reset(
            &self,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            self.0.call::<__micro_reset>(())
        }
        fn __micro_serve(
            this: ::micro::__private::Arc<Users>,
        ) -> ::micro::__private::Service {
            ::micro::__private::Service::new(
                this,
                &__MICRO_SERVICE,
                const {
                    &[
                        ::micro::__private::MethodVTable::of::<__micro_get>(),
                        ::micro::__private::MethodVTable::of::<__micro_reset>(),
                    ]
                },
            )
        }
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::ClientEntry::new(::micro::__private::Dep::of:: < UsersClient
        > (), | client |
        ::micro::__private::Arc::new(UsersClient(::core::clone::Clone::clone(client))), &
        __MICRO_SERVICE,)
    }
    ::micro::__private::inventory::submit! {
        ::micro::__private::HandlerEntry::new(|| { #[allow(unused_imports)] use
        ::micro::__private::InitFallback as _; ::micro::__private::Component::new:: <
        Users > (< Users > ::only_one_init_function()) }, | value |
        UsersClient::__micro_serve(::micro::__private::downcast(value)), || &
        __MICRO_SERVICE, ::micro::__private::SourceLocation::new(::core::file!(),
        ::core::line!(), "service Users"),)
    }
};
