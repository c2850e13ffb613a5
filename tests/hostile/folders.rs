//! Paths that lead out: links and pipes in a bundle's folder, names with `..`, steps that are included by a path, packages.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::symlink;
use std::process::Command;

use rectify::event::deploy::{PackageError, PackedFile, package};

use super::bounded;
use super::runner::World;

const POLICY: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: plain\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.plain\n\nviolation contains {\"msg\": \"m\", \"path\": \"\", \"params\": {}} if input.id == \"\"\n";
const SCAN: [&str; 5] = ["--bundle", "own", "scan", "--policies", "plain"];

fn world() -> World {
    let world = World::new();
    world.write("own/policies/x/plain.rego", POLICY);
    world.write("secret/passwords.rego", "hunter2 is the password");
    world
}

#[track_caller]
fn is_refused(world: &World, name: &str) {
    let told = bounded::run(&mut world.command(&[&["--cloud", "sandbox:shop.jsonl"], &SCAN[..]].concat())).ends(2);
    let words = format!("{name}: neither a file nor a link to one of this bundle");
    assert!(told.err.contains(&words), "{told}");
    // What stands there is in no message.
    assert!(!told.err.contains("hunter2"), "{told}");
}

#[test]
fn a_link_leads_to_a_file_of_the_same_bundle_or_nowhere() {
    for (target, link) in [
        ("../../../secret/passwords.rego", "own/policies/x/link.rego"),
        ("/etc/hostname", "own/policies/x/link.rego"),
        ("../../../secret", "own/policies/x/link"),
        // Circles.
        ("..", "own/policies/x/link"),
        (".", "own/policies/x/link"),
        ("link.rego", "own/policies/x/link.rego"),
        ("none.rego", "own/policies/x/link.rego"),
    ] {
        let world = world();
        symlink(target, world.path(link)).unwrap();
        is_refused(&world, link);
    }
    let world = world();
    let made = Command::new("mkfifo").arg(world.path("own/policies/x/pipe.rego")).status();
    assert!(made.unwrap().success());
    is_refused(&world, "own/policies/x/pipe.rego");
}

#[test]
fn a_bundle_s_own_folders_lead_nowhere_else_either() {
    for part in ["policies", "playbooks"] {
        for target in ["../elsewhere", "..", "/etc", "none", part] {
            let world = World::new();
            world.write("own/policies/x/plain.rego", POLICY);
            world.write("elsewhere/x/plain.rego", "hunter2 is the password");
            if part == "policies" {
                fs::remove_dir_all(world.path("own/policies")).unwrap();
            }
            symlink(target, world.path("own").join(part)).unwrap();
            is_refused(&world, &format!("own/{part}"));
        }
    }
    // Within the bundle they may lead to others, and the bundle may be named by a link.
    let world = World::new();
    world.write("real/..2026/policies/x/plain.rego", POLICY);
    symlink("..2026", world.path("real/..data")).unwrap();
    symlink("..data/policies", world.path("real/policies")).unwrap();
    symlink("real", world.path("own")).unwrap();
    world.shop(&SCAN).ends(0);
}

#[test]
fn a_bundle_that_is_mounted_by_links_within_itself_is_read_once() {
    // As Kubernetes mounts what is configured: hidden folders, and links into them.
    let world = World::new();
    world.write("own/policies/x/..2026/plain.rego", POLICY);
    symlink("..2026", world.path("own/policies/x/..data")).unwrap();
    symlink("..data/plain.rego", world.path("own/policies/x/plain.rego")).unwrap();
    world.shop(&SCAN).ends(0);
}

#[test]
fn steps_are_included_by_their_name_and_by_no_path() {
    for name in [
        "../shared/remediation-key",
        "/etc/passwd",
        "..",
        "remediation-key/../remediation-key",
        "shared/remediation_key.yaml",
    ] {
        let world = world();
        let playbook = format!(
            "playbook: plain\ndescription: d\nfixes: [plain]\nresource_types: [AWS::KMS::Key]\nsafety: safe\nsteps:\n  - include: \"{name}\"\n"
        );
        world.write("own/playbooks/x/plain.yaml", playbook);
        let told = world.shop(&SCAN).ends(2);
        assert!(told.err.contains("own/playbooks/x/plain.yaml:7:") && told.err.contains(name), "{told}");
    }
}

#[test]
fn ids_of_new_files_are_no_paths() {
    let world = World::empty();
    for id in ["../x", "a/b", "/etc/x", "..", "a\nb", "A", ""] {
        for kind in ["policies", "playbooks"] {
            let told = world.run(&[kind, "new", id, "--type", "AWS::KMS::Key"]);
            assert_eq!(told.code, Some(2), "{told}");
        }
    }
    assert!(world.files().is_empty(), "{:?}", world.files().keys());
}

#[test]
fn a_package_unpacks_into_its_own_folder() {
    let script = b"#!/bin/sh\n".as_slice();
    for path in ["../x", "a/../../x", "/etc/x", "a//x", "a/./x", "a\\..\\x", "", "a\0b", "x/.."] {
        let file = PackedFile { path: path.to_owned(), bytes: Vec::new() };
        let refused = package(script, vec![file]);
        assert!(matches!(refused, Err(PackageError::Path(_))), "{path:?}");
    }
    // From a bundle that is named by a path that leads up.
    let world = world();
    world.write("bin", script);
    fs::create_dir(world.path("elsewhere")).unwrap();
    let mut command =
        world.command(&["--bundle", "../own", "deploy", "--package", "p.zip", "--binary", "../bin", "--out", "t.yaml"]);
    let told = super::runner::Told::of(command.current_dir(world.path("elsewhere"))).ends(0);
    let zip = zip::ZipArchive::new(Cursor::new(fs::read(world.path("elsewhere/p.zip")).unwrap())).unwrap();
    let mut names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort_unstable();
    assert_eq!(names, ["bootstrap", "bundles/1/policies/x/plain.rego", "rectify.yaml"], "{told}");
}
