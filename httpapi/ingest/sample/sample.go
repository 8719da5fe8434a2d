// Package sample holds a small sample of real audit records for a first look: CloudTrail, Kubernetes and auth.log, as their
// sources wrote them. data/NOTICE says where they come from and under which licences.
package sample

import "embed"

// Files are the records' files, gzipped, named so that their formats are recognised, and NOTICE.
//
//go:embed data
var Files embed.FS

// Dir is the directory of the files in Files.
const Dir = "data"

// Year is the year of auth.log's records, which do not say.
const Year = 2017
