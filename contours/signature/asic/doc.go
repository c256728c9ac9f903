// Package asic writes and verifies signed containers: ASiC-E with CAdES (ETSI EN 319 162-1).
//
// A document leaves an exchange as several files: its text, attachments, signatures, receipts. Handed to an archive, a
// court or another country's system, they have to stay together and keep proving what they prove. The associated
// signature container is the common form for that: an ordinary ZIP archive whose first file, mimetype, says what it
// is, and whose folder META-INF holds, for each signature, a manifest, a list of files with their digests, and a
// detached CMS signature over that manifest.
//
// # Writing
//
// A [Writer] takes files as streams, then signs: each [Writer.Sign] adds a manifest of all the files and the signature
// over it.
//
// # Verifying
//
// [Open] looks at the archive, and [Container.Verify] gives a verdict for each signature. The ZIP format lets two
// readers see different files in one archive, so that a signature verified by one says nothing about what the other
// shows. Open therefore takes archives only that are what they seem: entries lie one behind another without gaps or
// overlaps, both their headers agree, no name stands twice, leads out of the archive or differs from another in case
// alone, and every file is listed in a manifest. Sizes are bounded before anything is unpacked ([Limits]), contents
// are streamed, and a file that unpacks to more than it declares is altered.
//
// What no signature covers is what has no meaning: times and attributes of entries, entries of folders, the name of a
// manifest, and octets behind the end of packed data within an entry, which nobody unpacks. Not read are containers with XAdES signatures, time-assertion-only containers and archive manifests
// (ASiCArchiveManifest); they are refused, as are ZIP64 and encrypted archives.
package asic
