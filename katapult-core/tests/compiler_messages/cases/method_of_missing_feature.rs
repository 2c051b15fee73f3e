pub fn disks(katapult: katapult_core::Client) {
    katapult.disks(); //~ `disks` needs the Cargo feature `disks`
    katapult.dns_zones().list("acme"); //~ `dns_zones` needs the Cargo feature `dns-zones`
}

//~ add it to the `features` of katapult-core, or of katapult-gen, in Cargo.toml
