#[cfg(unix)]
fn main() -> ::std::process::ExitCode {
    #[allow(clippy::large_futures)]
    async fn main() {
        micro::run().await
    }
    ::micro::__private::main(
        ::micro::__private::Runtime {
            current_thread: false,
            worker_threads: ::core::option::Option::Some(4usize),
        },
        main(),
    )
}
