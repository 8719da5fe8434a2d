package sdktest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	rds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3/model"
)

// testList pages through the files, the newest first, and on past the end.
func testList(t *testing.T, client *rds.RdsClient, first time.Time) {
	var all []model.Auditlog
	for offset := int32(0); offset <= files+1; offset += 2 {
		page, err := client.ListAuditlogs(listOf(ourInstance, first, offset, 2))
		if err != nil {
			t.Fatal(err)
		}
		if page.HttpStatusCode != http.StatusOK || *page.TotalRecord != files {
			t.Errorf("offset %d: status %d, %d files in all, want %d", offset, page.HttpStatusCode, *page.TotalRecord, files)
		}
		if want := max(0, min(2, files-int(offset))); len(*page.Auditlogs) != want {
			t.Errorf("offset %d: a page of %d, want %d", offset, len(*page.Auditlogs), want)
		}
		all = append(all, *page.Auditlogs...)
	}
	if len(all) != files {
		t.Fatalf("the pages have %d files, want %d", len(all), files)
	}
	for i, f := range all {
		half := first.Add(time.Duration(files-1-i) * time.Hour)
		if begin, end := zoned(half), zoned(half.Add(30*time.Minute)); *f.BeginTime != begin || *f.EndTime != end {
			t.Errorf("file %d is from %s to %s, want %s to %s", i, *f.BeginTime, *f.EndTime, begin, end)
		}
		if *f.Id == "" || *f.Size <= 0 || !strings.HasPrefix(*f.Name, ourProject+"_"+ourInstance+"/") {
			t.Errorf("file %d is %s", i, f)
		}
	}
	narrow := listOf(ourInstance, first.Add(2*time.Hour), 0, 50)
	narrow.EndTime = zoned(first.Add(4 * time.Hour))
	if page, err := client.ListAuditlogs(narrow); err != nil || *page.TotalRecord != 2 {
		t.Errorf("of two hours there are %v, %v; want 2 files", page, err)
	}
}

// testDownload gets the links of all files in one call, the oldest first, and reads every file without the SDK and without saying who asks.
func testDownload(t *testing.T, client *rds.RdsClient, first time.Time, ours [files][]*event) {
	page, err := client.ListAuditlogs(listOf(ourInstance, first, 0, 50))
	if err != nil {
		t.Fatal(err)
	}
	listed := *page.Auditlogs
	slices.Reverse(listed)
	var ids []string
	for _, f := range listed {
		ids = append(ids, *f.Id)
	}
	answer, err := client.ShowAuditlogDownloadLink(linksTo(ourInstance, ids...))
	if err != nil {
		t.Fatal(err)
	}
	links := *answer.Links
	if len(links) != files {
		t.Fatalf("%d links, want %d", len(links), files)
	}
	for n, link := range links {
		res, content := fetch(t, http.MethodGet, link, nil)
		if res.StatusCode != http.StatusOK || float64(len(content)) != *listed[n].Size*1024 {
			t.Errorf("link %d: %s, %d bytes, want %g: %.200s", n, res.Status, len(content), *listed[n].Size*1024, content)
		}
		compare(t, n, content, ours[n])
	}
	if res, content := fetch(t, http.MethodGet, strings.Replace(links[0], ids[0], ids[1], 1), nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("the link to one file, changed to another's: %s: %.200s", res.Status, content)
	}
	_, err = client.ShowAuditlogDownloadLink(linksTo(otherInstance, ids[0]))
	refused(t, err, http.StatusForbidden, "DBS.280015", "")
}

func linksTo(instance string, ids ...string) *model.ShowAuditlogDownloadLinkRequest {
	return &model.ShowAuditlogDownloadLinkRequest{InstanceId: instance, Body: &model.GenerateAuditlogDownloadLinkRequest{Ids: ids}}
}

// compare holds the content of a file against the events that were sent for it.
func compare(t *testing.T, n int, content []byte, events []*event) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatalf("file %d: %v", n, err)
	}
	if len(rows) != len(events) {
		t.Fatalf("file %d has %d rows, want %d", n, len(rows), len(events))
	}
	for i, row := range rows {
		if want := events[i].row(); !slices.Equal(row, want) {
			t.Errorf("file %d, row %d is\n%s, want\n%s", n, i, quoted(row), quoted(want))
		}
	}
}

func quoted(row []string) string { return fmt.Sprintf("%q", row) }

// testInstances finds instances by ID and by name, as tools do before they ask for more.
func testInstances(t *testing.T, client *rds.RdsClient) {
	exactly := func(what string, request model.ListInstancesRequest, want ...string) {
		t.Helper()
		answer, err := client.ListInstances(&request)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		var got []string
		for _, i := range *answer.Instances {
			got = append(got, i.Id+" "+i.Name)
		}
		if slices.Sort(got); !slices.Equal(got, want) || int(*answer.TotalCount) != len(want) {
			t.Errorf("%s: %q, %d in all, want %q", what, got, *answer.TotalCount, want)
		}
	}
	ours, other := ourInstance+" orders database", otherInstance+" stock database"
	id, name, part, nothing := ourInstance, "stock database", "*stock", "no such"
	mysql, postgres := model.GetListInstancesRequestDatastoreTypeEnum().MY_SQL, model.GetListInstancesRequestDatastoreTypeEnum().POSTGRE_SQL
	exactly("all", model.ListInstancesRequest{}, other, ours)
	exactly("by ID", model.ListInstancesRequest{Id: &id}, ours)
	exactly("by name", model.ListInstancesRequest{Name: &name}, other)
	exactly("by a part of the name", model.ListInstancesRequest{Name: &part}, other)
	exactly("by no name", model.ListInstancesRequest{Name: &nothing})
	exactly("of MySQL", model.ListInstancesRequest{DatastoreType: &mysql}, other, ours)
	exactly("of PostgreSQL", model.ListInstancesRequest{DatastoreType: &postgres})
}
