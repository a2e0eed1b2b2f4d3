use super::*;

#[tokio::test(start_paused = true)]
async fn a_deadline_only_ever_shrinks() {
    let context = Context::new().with_timeout(Duration::from_secs(1)).with_timeout(Duration::from_secs(5));
    assert_eq!(context.remaining(), Some(Duration::from_secs(1)));
    assert_eq!(context.child().deadline(), context.deadline());
}

#[tokio::test(start_paused = true)]
async fn a_child_inherits_deadline_and_trace_and_nothing_else() {
    let mut metadata = Metadata::new();
    metadata.insert("authorization", "secret").unwrap();
    let parent = Context::new().with_timeout(Duration::from_secs(1)).with_trace(Trace::start());
    let parent = parent.with_metadata(metadata).with_peer(Peer::Local);
    let child = parent.child();
    assert_eq!(child.trace().unwrap().trace_id(), parent.trace().unwrap().trace_id());
    assert!(child.metadata().is_empty());
    assert_eq!(child.peer(), None);
}

#[tokio::test(start_paused = true)]
async fn waiters_hear_of_cancellation_and_of_the_deadline() {
    let context = Context::new().with_timeout(Duration::from_secs(10));
    let waiter = tokio::spawn({
        let context = context.clone();
        async move { context.cancelled().await }
    });
    tokio::task::yield_now().await;
    context.cancel();
    waiter.await.unwrap();
    assert!(context.is_cancelled());

    let late = Context::new().with_timeout(Duration::from_secs(10));
    late.cancelled().await;
    assert!(late.is_cancelled());
}

#[test]
fn a_changed_copy_leaves_the_original_alone() {
    let context = Context::new().with_trace(Trace::start());
    let changed = context.clone().with_peer(Peer::Local);
    assert_eq!(context.peer(), None);
    assert_eq!(changed.trace(), context.trace());
}

#[test]
fn an_answer_needs_a_call() {
    let outside = Context::new();
    assert_eq!(outside.reply_header("a", "b").unwrap_err().code(), Code::FailedPrecondition);
    let inside = outside.child();
    inside.reply_trailer("a", "b").unwrap();
    assert_eq!(inside.reply_trailers().get("a"), Some("b"));
    assert!(inside.reply_headers().is_empty());
}

#[test]
fn changed_copies_share_what_is_said_beside_the_answer_and_their_cancellation() {
    let context = Context::new().child();
    let once = context.clone().with_peer(Peer::Local);
    let twice = once.clone().with_trace(Trace::start());
    twice.reply_header("a", "b").unwrap();
    assert_eq!(context.reply_headers().get("a"), Some("b"));
    assert_eq!(once.reply_headers().get("a"), Some("b"));
    context.cancel();
    assert!(once.is_cancelled() && twice.is_cancelled());
    assert!(!context.child().is_cancelled(), "a call made from here has its own state");
}

#[test]
fn a_context_that_is_brought_along_becomes_one_of_the_call() {
    let call = Context::new().child();
    let brought = Context::new().with_peer(Peer::Local).within_call(&call);
    brought.reply_trailer("a", "b").unwrap();
    assert_eq!(call.reply_trailers().get("a"), Some("b"));
    assert_eq!(brought.peer(), Some(&Peer::Local));
    assert_eq!(Context::new().within_call(&call).with_peer(Peer::Local).reply_trailers().get("a"), Some("b"));
}
