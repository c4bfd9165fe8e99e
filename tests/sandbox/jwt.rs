//! The JWT bearer grant. The assertions were signed once with a key that was thrown away; the org's clock is fixed
//! at the moment for which they were made: 2026-05-01T00:00:00Z.

use serde_json::{Value, json};

use crate::support::{Answer, Org, small_org};

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwQzbL5wQCinwtLZYOb0J\n\
    p5MNX4ZPlJ7KgG9EQ9m5dMsKAuFqjgQkImfPWvlGr5ZRS87j2Jeq+szZmbk0avkL\n\
    pU/EXrCNt6YgDrdIULgdg7mP7U6jjObLTKBpfHB3ZHszAMHv4DA8FDQOvWytvvd8\n\
    QL+UmAgqKJOi+8vyD1zsdERftVquNV84TOTOyDZx7TPXByFUWzS3+hQ24k3ei/3u\n\
    KaCoy5g7/rDWalLYaP+CFs9Ofo8KlRksi6oo10hB45FSkL18NEq1vsKonWqIW+Wr\n\
    7v3QqpiW+RGkGrdaL6mP2v8VKyXYdY8+oAjyipFMe/F5Y5x2nvJnIaJa1ICZBGZW\n\
    VwIDAQAB\n\
    -----END PUBLIC KEY-----";
const GOOD: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJhbmFAc2VsbGVyLnRlc3QiLCAiYXVkIjogImh0dHBzOi8vb\
    G9naW4uc2FsZXNmb3JjZS5jb20iLCAiZXhwIjogMTc3NzU5Mzc4MH0.H1g6yOHyQqrpnJvBsX-RU4Xj7IRO28QbBj9lRb0aV36Fm\
    ldL2jXuys7_OdVRZc4ip9GYY5Saa7k_X4V1-zKGsjJ_ge9UmpwGSaVCfWAn3MXQ4KMjAuN-VAB_Gjk6oMQL5qdm0a-tszR3yW1bH\
    bNyA-ZheSkWfZ_Ziowemp6RfChF5xVxy5jkRVkmjzqRykNa8lLcgFZuk6R59x1Mi37Fx2GKEUMRHVeURl-xVBB1SXhMgVS6U2af_\
    RRozASdT137TqnvCOdbfzJtn_36iq_QuplaIdRBaEU6yYy-kqC5VQ8DD1dSY6zNlBWyLqseACcw54mE2u4JJ2gTXW1I75Vqog";
const WRONG_USER: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJub2JvZHlAc2VsbGVyLnRlc3QiLCAiYXVkIjogImh0dHBzO\
    i8vbG9naW4uc2FsZXNmb3JjZS5jb20iLCAiZXhwIjogMTc3NzU5Mzc4MH0.PBWwVW4nKFGgVA7kTUTUDUtPtwJUuAS7MwjmfK3d1\
    KVEaGew1-PiPIzqg7yxanpWP4khfsF5yySn1o0SV4kX76iKlsO7cgvcLNNu0rxOwxFA-Z0dJe4e--dO1VZHCVdSoOO6DCS_bFShS\
    Qh9_0V40VboMRn48GWFN2NZh7OIFyBFUHhQusgZFcHlHsafiVITSId8xkVeYzIHk2sIm0wY5mxt1kpIEtv4fgHk8cmrPLY3OCjDH\
    eIKAmsXvNmoaKs853tjNxmIVxWnPtPEEtcbB2uaXUgY77bKk06ZAj7v4itjz0p-IB_jyZEftuwW1Z6ijIya-IwTwpVO9od5vP5OE\
    w";
const INACTIVE: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJldmFAc2VsbGVyLnRlc3QiLCAiYXVkIjogImh0dHBzOi8vb\
    G9naW4uc2FsZXNmb3JjZS5jb20iLCAiZXhwIjogMTc3NzU5Mzc4MH0.o0EY912kBoHvoY_PmAL-V0FI2n7icSlxZLTZnTLdrqsOt\
    c1o6JOlWDPC46IVqDSyFFzCV3WNiUzcmT9A6bH5ePFXz7OfajpGffkFHfEbuRsZKeQB3BSlRtnK4gL_tw8rfIS1MSD4waZiUTdca\
    QuL-vmf7AxfrFCt6nsGbZFh17cjDrI9fJRvN64ucLJDJqzAo7TmWKPstXNacS9fwl2LpdTPNIR5HXwDa9upAb3GThu5ZxnpzmpU4\
    IcWy74FtUYJdTUH21IlIQwvPNZok64Ep3S8eLVccBw8PFn7nDC4FG3yGBsxBOwh4R3U0ETiVIKc-rs_q1NPkcEP1B_rB7f4Qg";
const WRONG_AUDIENCE: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJhbmFAc2VsbGVyLnRlc3QiLCAiYXVkIjogImh0dHBzOi8vZ\
    XhhbXBsZS50ZXN0IiwgImV4cCI6IDE3Nzc1OTM3ODB9.O0rE65cURdcR3ZALkO467AF-WpCHV_YvqLOmUwcYdFIT2h-3QM4UqraI\
    ryODQF-kb1qs9CRbzYCj5SdYrRgG3I-15BuP-j-ghquFjnpTJSV4n-tZNtNpsTkyMnknw10b0OqgLgGgSGa4Cu6iiLhCLoy-BafL\
    oy0pxcEhxDpcQUj-nDRNUx15JGknSAb-YOHlCcyPMX4X-61AuSSCVB05n4MYGml2NsIPQ2TW7VJtdb5aLurASsJLUSbHThimdlnr\
    LNVtRZPTroYAVNrXoV4sZ8QNviUZxpg1-V7ZQ7rUp-LmbcbJfzxuQ2p-727yWjtDdxqcBbbEkuR4jxO47d2jgQ";
const EXPIRED: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJhbmFAc2VsbGVyLnRlc3QiLCAiYXVkIjogImh0dHBzOi8vb\
    G9naW4uc2FsZXNmb3JjZS5jb20iLCAiZXhwIjogMTc3NzU5MzU5OX0.X9MBc-JuNQx3PKyqe0nzOwxNL486PXZb8tH9uKGkG0ckq\
    Glq0fa_0uOfqM1A7AvQYWPoGWl02kcEKAlVVa0tqMHLEsQrkLu7OTttQHvdZbQncVEUdafbU-DFXs4fiLEjesSwrIgjfSSKpB2to\
    4h-8QUW32hMOHuejjIKZunPeO8cWR7ashCL1LTi3T49--dsWEFVbOv4jSW4JjtngQefEYPuTY0uqNDUgXrswHaSA9IRX7DOhFgNI\
    7AqLyOs4_dyJ5uyHDnQ6tNfJzWGnzm1QWGrkZn0XL5uXVnTq2JATPOhwymfN2LO5oaVdHOe5fsfsJnH7ZVwomKYHe5n95UcYA";
const TOO_LONG: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJhbmFAc2VsbGVyLnRlc3QiLCAiYXVkIjogImh0dHBzOi8vb\
    G9naW4uc2FsZXNmb3JjZS5jb20iLCAiZXhwIjogMTc3NzU5NzIwMH0.rAOZW4s73lFD2WKig0SU2GB4COb6pg6Mbjdcc99Slfl4l\
    mrleaMOgXOdcT_nvBtbBYM-EDIBkqZwnvQ4rZ9IzAZtSWk1m1gnAeeHn-JyfVeVmEAZHYPcB6J3koSisWeUF0T9UX1kGyrhxh-HQ\
    6ImPRinTrKcYx8rOYjqv30BCi0TI7lCwZf1quWv4-Zm8JG8LM8LSq6CO_NKyxzTsYt3ncOrwL-unY78WQ_8wZAZKscM4hOfDxpST\
    9KH3T3iaK0Ni6xess3DNBb_t7EgFN9KP2p1oSByZ13xR0V7elqjs6dSZZFa2xoSG9vy4oINuxheMeEdZQaygfwtrQGFU3ByDg";

async fn grant(org: &Org, assertion: &str) -> Answer {
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    Answer::read(org.client.post(org.url("/services/oauth2/token")).form(&form).send().await.unwrap()).await
}

async fn org(key: Option<&str>) -> Org {
    let mut file = small_org();
    file["settings"] = json!({"now": "2026-05-01T00:00:00Z", "client_id": "app", "jwt_public_key": key});
    Org::start(file).await
}

#[tokio::test]
async fn a_true_assertion_gives_an_access_token_and_no_refresh_token() {
    let org = org(Some(PUBLIC_KEY)).await;
    let tokens = grant(&org, GOOD).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(tokens.body.get("refresh_token").is_none());
    let access = tokens.body["access_token"].as_str().unwrap();
    assert_eq!(org.client.get(org.url("/limits")).bearer_auth(access).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn claims_and_signature_are_checked() {
    let strict = org(Some(PUBLIC_KEY)).await;
    let forged = format!("{}.{}", GOOD.rsplit_once('.').unwrap().0, EXPIRED.rsplit_once('.').unwrap().1);
    let unsigned = format!("{}.", GOOD.rsplit_once('.').unwrap().0);
    for (assertion, description) in [
        (WRONG_USER, "user hasn't approved this consumer"),
        (INACTIVE, "user hasn't approved this consumer"),
        (WRONG_AUDIENCE, "audience is invalid"),
        (EXPIRED, "expired authorization code"),
        (TOO_LONG, "expired authorization code"),
        (&forged, "invalid assertion"),
        (&unsigned, "invalid assertion"),
        ("nonsense", "invalid assertion"),
    ] {
        let refused = grant(&strict, assertion).await;
        let expected = json!({"error": "invalid_grant", "error_description": description});
        assert_eq!((refused.status, refused.body), (400, expected));
    }
    let lenient = org(None).await;
    assert_eq!(grant(&lenient, &forged).await.status, 200, "without a key the org cannot check a signature");
    assert_eq!(grant(&lenient, EXPIRED).await.body["error"], Value::from("invalid_grant"));
}
