use katapult_core::prelude::*;

pub async fn disks(katapult: katapult_core::Client) {
    katapult.disks(); //~ `disks` needs the Cargo feature `disks`
    katapult.dns_zones().list("acme"); //~ `dns_zones` needs the Cargo feature `dns-zones`
    let bucket = katapult.buckets(); //~ `buckets` needs the Cargo feature `buckets`
    bucket.wait("bucket").await;
}

//~ add it to the `features` of katapult-core, or of katapult-gen, in Cargo.toml
// There is no message about what the program does with the result.
//~! type annotations needed
//~! no method named
//~! have no states
