use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::errors::{Code, Error, Execution};
use crate::metadata::Metadata;

fn nodes(count: usize) -> Vec<Arc<Node>> {
    (0..count).map(|i| Arc::new(Node::new("greeter", format!("127.0.0.1:{i}")).with_id(i.to_string()))).collect()
}

fn unreachable() -> Error {
    Error::unavailable("nobody there").with_execution(Execution::NotStarted)
}

fn share(selector: &Selector, nodes: &[Arc<Node>], calls: usize, took: impl Fn(&str) -> u64) -> Vec<usize> {
    let mut count = vec![0; nodes.len()];
    for _ in 0..calls {
        let pick = selector.candidates(nodes).pick(&PickOptions::new()).unwrap();
        count[pick.node().id.parse::<usize>().unwrap()] += 1;
        let took = took(&pick.node().id);
        pick.answered_after(Duration::from_millis(took));
    }
    count
}

#[tokio::test(start_paused = true)]
async fn equal_nodes_share_the_calls_and_a_slow_one_gets_fewer() {
    let nodes = nodes(3);
    let even = share(&Selector::new(), &nodes, 3_000, |_| 5);
    assert!(even.iter().all(|count| (800..1_200).contains(count)), "{even:?}");
    let slow = share(&Selector::new(), &nodes, 3_000, |id| if id == "0" { 500 } else { 5 });
    assert!(slow[0] < 20, "{slow:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_count() {
    let (selector, nodes) = (Selector::new(), nodes(2));
    let picks: Vec<_> = (0..10).map(|_| selector.candidates(&nodes).pick(&PickOptions::new()).unwrap()).collect();
    let first = picks.iter().filter(|pick| pick.node().id == "0").count();
    assert_eq!(first, 5);
    drop(picks);
    assert!(selector.stats.lock().unwrap().values().all(|stats| stats.in_flight() == 0));
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_node_is_ejected_whatever_the_balancer_and_comes_back() {
    for name in ["least_loaded", "random", "round_robin", "consistent_hash:user"] {
        let (selector, nodes) = (Selector::with_balancer(Balancer::named(name).unwrap()), nodes(2));
        let fail = |node: &Arc<Node>| {
            let mut pick = selector.candidates(std::slice::from_ref(node)).pick(&PickOptions::new()).unwrap();
            pick.record(Some(&unreachable()));
        };
        fail(&nodes[0]);
        let candidates = selector.candidates(&nodes);
        let mut user = 0;
        let mut picked = || {
            user += 1;
            let mut metadata = Metadata::new();
            metadata.insert("user", user.to_string()).unwrap();
            candidates.pick(&PickOptions::new().with_metadata(&metadata)).unwrap().node().id.clone()
        };
        assert!((0..100).all(|_| picked() == "1"), "{name}");
        let alone = selector.candidates(&nodes[..1]);
        assert_eq!(alone.pick(&PickOptions::new()).unwrap().node().id, "0", "better than none");
        tokio::time::advance(Duration::from_millis(1_100)).await;
        assert!((0..100).any(|_| picked() == "0"), "{name}");
        // The second time for two seconds, until an answer forgives.
        fail(&nodes[0]);
        tokio::time::advance(Duration::from_millis(1_100)).await;
        assert!((0..100).all(|_| picked() == "1"), "{name}");
        let mut pick = alone.pick(&PickOptions::new()).unwrap();
        pick.record(Some(&Error::not_found("an answer all the same")));
        assert!((0..100).any(|_| picked() == "0"), "{name}");
    }
}

#[test]
fn what_was_tried_or_does_not_pass_is_not_picked() {
    let (selector, nodes) = (Selector::new(), nodes(2));
    let (candidates, any) = (selector.candidates(&nodes), PickOptions::new());
    let (tried, ninth) = (["0".to_owned()], Filter::default().with_version("9"));
    assert_eq!(candidates.pick(&any.with_tried(&tried)).unwrap().node().id, "1");
    assert!(candidates.pick(&any.with_filter(&ninth)).is_none());
    assert!(selector.candidates(&[]).pick(&any).is_none());
}

#[test]
fn round_robin_takes_turns_also_among_a_part_of_the_nodes() {
    let (selector, nodes) = (Selector::with_balancer(Balancer::round_robin()), nodes(4));
    let candidates = selector.candidates(&nodes);
    let picked = |tried: &[String]| candidates.pick(&PickOptions::new().with_tried(tried)).unwrap().node().id.clone();
    let ids: Vec<_> = (0..8).map(|_| picked(&[])).collect();
    assert_eq!(ids, ["0", "1", "2", "3", "0", "1", "2", "3"]);
    let without = ["0".to_owned(), "3".to_owned()];
    let ids: Vec<_> = (0..4).map(|_| picked(&without)).collect();
    assert_eq!(ids, ["1", "2", "1", "2"]);
    assert_eq!(picked(&[]), "0");
}

#[test]
fn a_key_stays_with_its_node_and_only_the_keys_of_a_lost_node_move() {
    let (selector, nodes) = (Selector::with_balancer(Balancer::consistent_hash("user-id")), nodes(5));
    let place = |nodes: &[Arc<Node>], user: u32| {
        let mut metadata = Metadata::new();
        metadata.insert("user-id", format!("user {user}")).unwrap();
        let candidates = selector.candidates(nodes);
        candidates.pick(&PickOptions::new().with_metadata(&metadata)).unwrap().node().id.clone()
    };
    let all: Vec<_> = (0..1_000).map(|user| place(&nodes, user)).collect();
    let mut counts = BTreeMap::new();
    all.iter().for_each(|id| *counts.entry(id.clone()).or_insert(0) += 1);
    assert!(counts.len() == 5 && counts.values().all(|count| (120..280).contains(count)), "{counts:?}");
    let mut fewer: Vec<_> = nodes[..4].to_vec();
    fewer.reverse();
    for (user, before) in all.iter().enumerate() {
        let after = place(&fewer, user as u32);
        assert!(after == *before || before == "4", "user {user} moved from {before} to {after}");
    }
}

#[test]
fn a_hash_of_the_caller_goes_before_a_key() {
    let (selector, nodes) = (Selector::with_balancer(Balancer::named("consistent_hash").unwrap()), nodes(5));
    let candidates = selector.candidates(&nodes);
    let place = |hash| candidates.pick(&PickOptions::new().with_hash(Some(hash))).unwrap().node().id.clone();
    for hash in 0..100 {
        assert_eq!(place(hash), place(hash));
    }
    assert!((0..100).map(place).collect::<std::collections::BTreeSet<_>>().len() == 5);
}

#[test]
fn a_strategy_learns_of_attempts_and_streams_where_it_wants_to() {
    type Learned = (OutcomeStage, Option<Code>, Execution);
    #[derive(Debug, Default)]
    struct Learning(Arc<Mutex<Vec<Learned>>>);
    impl Strategy for Learning {
        fn name(&self) -> &str {
            "learning"
        }
        fn pick(&self, _: &Endpoints<'_>, _: &PickOptions<'_>) -> usize {
            usize::MAX
        }
        fn wants_outcomes(&self) -> bool {
            true
        }
        fn record(&self, endpoint: &Endpoint, stage: OutcomeStage, outcome: &CallOutcome) {
            assert_eq!(endpoint.node().id, "1", "an index beyond the last counts as the last");
            self.0.lock().unwrap().push((stage, outcome.code(), outcome.execution()));
        }
    }
    let learned = Arc::default();
    let selector = Selector::with_balancer(Balancer::new(Learning(Arc::clone(&learned))));
    let candidates = selector.candidates(&nodes(2));
    let pick = || candidates.pick(&PickOptions::new()).unwrap();
    let mut stream = pick();
    stream.record(None);
    stream.record_stream(Some(&Error::internal("broken")));
    pick().record(Some(&unreachable()));
    drop(selector.candidates(&nodes(2)[1..]).pick(&PickOptions::new()));
    let expected = [
        (OutcomeStage::Attempt, None, Execution::Unknown),
        (OutcomeStage::Stream, Some(Code::Internal), Execution::Unknown),
        (OutcomeStage::Attempt, Some(Code::Unavailable), Execution::NotStarted),
        (OutcomeStage::Attempt, Some(Code::Cancelled), Execution::Unknown),
    ];
    assert_eq!(*learned.lock().unwrap(), expected);
}

#[test]
fn balancers_have_names_and_a_wrong_one_is_told_the_right_ones() {
    for name in ["least_loaded", "random", "round_robin", "consistent_hash"] {
        assert_eq!(name.parse::<Balancer>().unwrap().name(), name);
    }
    let error = Balancer::named("round_robbin").unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().contains("did you mean `round_robin`?"), "{error}");
}

#[test]
fn every_balancer_passes_the_suite_of_its_room() {
    for name in ["least_loaded", "random", "round_robin", "consistent_hash", "consistent_hash:user-id"] {
        crate::testing::suite::balancer(|| Balancer::named(name).unwrap());
    }
}
