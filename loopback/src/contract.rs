//! docs/loopback.openapi.json says what is so: every route, every status, every problem, every member, and no more.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::api::{
    Account, CeremonyRequest, Client, CodeReply, CodeRequest, FinishReply, FinishRequest, Key, KeysReply, KeysRequest,
    PairReply, PairRequest,
};
use crate::problem::{Fault, Problem, status};
use crate::rules::{BODY, Route};

fn contract() -> Value {
    serde_json::from_str(include_str!("../../docs/loopback.openapi.json")).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The statuses of an operation.
fn statuses(operation: &Value) -> Vec<u16> {
    keys(&operation["responses"]).iter().map(|status| status.parse().unwrap()).collect()
}

#[test]
fn every_route_is_documented_and_nothing_else_is() {
    let contract = contract();
    let mut routes: Vec<_> = Route::ALL.iter().map(|route| route.path()).collect();
    routes.sort_unstable();
    assert_eq!(keys(&contract["paths"]), routes);
    for route in Route::ALL {
        let path = &contract["paths"][route.path()];
        // A token is wanted where it is said to be, and only there a page may ask.
        let methods: &[&str] = if route.wants_token() { &["options", "post"] } else { &["post"] };
        assert_eq!(keys(path), methods, "{route:?}");
        let security = if route.wants_token() { json!([{ "token": [] }]) } else { json!([]) };
        assert_eq!(path["post"]["security"], security, "{route:?}");
    }
}

/// Which of our own refusals a POST to this route can meet: all but those that need a token or a pairing.
fn can_meet(route: Route, fault: Fault) -> bool {
    match fault {
        Fault::NoToken | Fault::NotPaired => route.wants_token(),
        Fault::UnknownPairing => route == Route::PairFinish,
        _ => true,
    }
}

#[test]
fn every_status_that_is_answered_is_documented() {
    use fob_bus::ErrorKind as K;
    let contract = contract();
    for route in Route::ALL {
        let documented = statuses(&contract["paths"][route.path()]["post"]);
        for fault in Fault::ALL.into_iter().filter(|fault| can_meet(route, *fault)) {
            let (status, name) = fault.table();
            assert!(documented.contains(&status.as_u16()), "{route:?} {name}");
        }
        // And what fobd says, of kinds that its calls end in.
        let ceremony = [K::NotAllowedError, K::SecurityError, K::NotSupportedError, K::ConstraintError, K::NoKey];
        let kinds: &[K] = match route {
            Route::Create | Route::Get => &ceremony,
            Route::Code => &[K::UnknownEntry, K::AmbiguousEntry, K::EntryUnusable],
            Route::Pair | Route::PairFinish => &[K::TimedOut, K::Denied, K::TooManyRequests],
            Route::Keys => &[],
        };
        for kind in kinds.iter().chain(&[K::Locked, K::Denied, K::InvalidInput, K::Failed, K::VaultBusy]) {
            assert!(documented.contains(&status(*kind).as_u16()), "{route:?} {kind:?}");
        }
    }
}

#[test]
fn every_response_of_a_problem_is_described_once() {
    let contract = contract();
    let described = keys(&contract["components"]["responses"]);
    for (path, methods) in contract["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for status in statuses(operation).into_iter().filter(|status| *status >= 300) {
                assert!(StatusCode::from_u16(status).is_ok());
                assert!(described.contains(&status.to_string().as_str()), "{method} {path} {status}");
            }
        }
    }
    let body = contract["components"]["responses"]["413"]["description"].as_str().unwrap();
    assert!(body.replace(',', "").contains(&BODY.to_string()), "{body}");
}

/// A value with every member, beside the schema that has to know each of them.
#[test]
fn every_member_that_is_answered_is_documented() {
    let contract = contract();
    let client = || Client { id: String::new(), name: String::new(), scopes: Vec::new(), origin: None };
    let account = || Account { id: String::new(), issuer: String::new(), name: String::new() };
    let key =
        || Key { id: String::new(), product: String::new(), transport: String::new(), ready: true, problem: None };
    let code = CodeReply { code: "", account: account(), valid_from: None, valid_until: None, counter: None };
    let problem = Problem::of_ceremony(Some("NotAllowedError"), None, String::new(), Some(1));
    let problem: Value = serde_json::from_slice(&problem.document()).unwrap();
    for (schema, value) in [
        ("PairReply", json!(PairReply { code: "", pairing: "", expires: 0 })),
        ("FinishReply", json!(FinishReply { token: "", client: client() })),
        ("Client", json!(client())),
        ("CodeReply", json!(code)),
        ("Account", json!(account())),
        ("KeysReply", json!(KeysReply { keys: vec![key()] })),
        ("Key", json!(key())),
    ] {
        let documented = &contract["components"]["schemas"][schema];
        assert_eq!(keys(&value), keys(&documented["properties"]), "{schema}");
        let mut required: Vec<_> =
            documented["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        required.sort_unstable();
        assert_eq!(keys(&value), required, "{schema}: every member is always there");
    }
    let documented = keys(&contract["components"]["schemas"]["Problem"]["properties"]);
    assert!(keys(&problem).iter().all(|member| documented.contains(member)), "{problem}");
}

/// Each documented example is read, each documented member is known, and one that is not documented is refused.
#[test]
fn every_request_that_is_documented_is_understood() {
    fn reads<T: serde::de::DeserializeOwned>(value: &Value) -> bool {
        serde_json::from_value::<T>(value.clone()).is_ok()
    }
    let contract = contract();
    let schemas = &contract["components"]["schemas"];
    type Reads = fn(&Value) -> bool;
    let readers: [(&str, Reads); 5] = [
        ("PairRequest", reads::<PairRequest>),
        ("FinishRequest", reads::<FinishRequest>),
        ("CodeRequest", reads::<CodeRequest>),
        ("CeremonyRequest", reads::<CeremonyRequest>),
        ("KeysRequest", reads::<KeysRequest>),
    ];
    for (name, reads) in readers {
        let schema = &schemas[name];
        assert_eq!(schema["additionalProperties"], false, "{name}");
        for example in schema["examples"].as_array().unwrap() {
            assert!(reads(example), "{name} {example}");
            let mut misspelt = example.clone();
            misspelt["acount"] = json!("x");
            assert!(!reads(&misspelt), "{name}: a member that is not documented is taken");
            for required in schema["required"].as_array().unwrap() {
                let mut less = example.clone();
                less.as_object_mut().unwrap().remove(required.as_str().unwrap());
                assert!(!reads(&less), "{name} without {required}");
            }
        }
        // All documented members at once, each with a value of its type.
        let value = |schema: &Value| match schema["type"].as_str().or(schema["type"][0].as_str()) {
            Some("string") => json!("x"),
            Some("array") => json!([]),
            Some("boolean") => json!(true),
            Some("integer") => json!(1),
            _ => json!({}),
        };
        let properties = schema["properties"].as_object().unwrap();
        let whole: Value = properties.iter().map(|(name, schema)| (name.clone(), value(schema))).collect();
        assert!(reads(&whole), "{name} {whole}");
    }
}
