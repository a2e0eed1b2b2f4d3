//! What goes wrong in a handler, and what the caller learns of it.

use micro::prelude::*;
use micro::registry::Registry;

use crate::contract::{Echo, EchoClient, Mirror, Text, calling, serving};

#[tokio::test]
async fn a_panic_and_a_foreign_error_are_internal_with_an_id_and_the_server_goes_on() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    for echo in [calling(&registry).await, app.get::<EchoClient>().unwrap()] {
        for text in ["panic", "foreign"] {
            let error = echo.say(Text::new(text)).await.unwrap_err();
            assert_eq!(error.code(), Code::Internal);
            assert!(error.message().contains("logged under id `"), "{error}");
            assert!(!error.message().contains("hunter2") && !error.message().contains("asked to"), "{error}");
        }
        assert_eq!(echo.say(Text::new("a")).await.unwrap(), Text::new("a"));
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_panic_in_a_returned_stream_ends_that_stream_and_nothing_else() {
    struct Trap;
    #[micro::handler(manual)]
    impl Echo for Trap {
        async fn say(&self, text: Text) -> Result<Text> {
            Ok(text)
        }
        async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
            let mut left = 2;
            Ok(Streaming::new(futures_util::stream::poll_fn(move |_| {
                left -= 1;
                assert!(left > 0, "asked to");
                std::task::Poll::Ready(Some(Ok(text.clone())))
            })))
        }
        async fn join(&self, _: Streaming<Text>) -> Result<Text> {
            Err(Error::unimplemented("not here"))
        }
        async fn shout(&self, _: Streaming<Text>) -> Result<Streaming<Text>> {
            Err(Error::unimplemented("not here"))
        }
        async fn nothing(&self) -> Result<()> {
            Ok(())
        }
    }
    let registry = Registry::memory();
    let app = serving(&registry, Trap).await;
    for echo in [calling(&registry).await, app.get::<EchoClient>().unwrap()] {
        let mut letters = echo.letters(Text::new("a")).await.unwrap();
        assert_eq!(letters.next().await.unwrap().unwrap(), Text::new("a"));
        assert_eq!(letters.next().await.unwrap().unwrap_err().code(), Code::Internal);
        assert!(letters.next().await.is_none());
        echo.say(Text::new("a")).await.unwrap();
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn metadata_of_the_reply_reaches_an_interceptor_of_the_caller() {
    use micro::rpc::{Call, Interceptor, Next};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct ResponseMetadata(Arc<Mutex<Vec<String>>>);
    impl Interceptor for ResponseMetadata {
        async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
            next.run(call).await?;
            let ahead = call.context().reply_headers().get("x-ahead").unwrap_or("none").to_owned();
            let behind = call.context().reply_trailers().get("x-behind").unwrap_or("none").to_owned();
            self.0.lock().unwrap().extend([ahead, behind]);
            Ok(())
        }
    }
    let (registry, replies) = (Registry::memory(), ResponseMetadata::default());
    let app = serving(&registry, Mirror::default()).await;
    let caller = micro::app().registry(registry).client_interceptor(replies.clone()).start().await.unwrap();
    caller.get::<EchoClient>().unwrap().say(Text::new("header")).await.unwrap();
    assert_eq!(*replies.0.lock().unwrap(), ["1", "2"]);
    app.stop().await.unwrap();
}
