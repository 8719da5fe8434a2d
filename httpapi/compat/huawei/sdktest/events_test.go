package sdktest

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// The vendor's project IDs are tenants here, and its instance IDs projects. Two tenants have an instance each, the first a second one, whose policy
// a test changes.
const (
	ourProject    = "0483b6b16e954cb88930a360d2c4e663"
	ourInstance   = "cee5265e1e5845649e354841234567dfin01"
	otherInstance = "5d9a2f0c7b6e4a3f8c1d2e3f40516273in01"
	theirProject  = "9f31c2d4e5a64b7c8d90e1f2a3b4c5d6"
	theirInstance = "77aa5265e1e5845649e354841234567din01"
)

type named struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

type actor struct {
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type source struct {
	IP      string `json:"ip"`
	Channel string `json:"channel"`
}

// event is one as the native API takes it.
type event struct {
	Time        time.Time `json:"time"`
	Tenant      string    `json:"tenant"`
	Actor       actor     `json:"actor"`
	Action      string    `json:"action"`
	Operation   string    `json:"operation"`
	Result      string    `json:"result"`
	Error       *failure  `json:"error,omitempty"`
	Project     named     `json:"project"`
	Module      string    `json:"module"`
	Description string    `json:"description,omitempty"`
	Source      source    `json:"source"`

	id  string // the server's answer
	seq uint64
}

// files is how many audit log files the events of our instance make: each has half an hour's, and between two there is half an hour without any.
const files = 7

// firstHalf begins the oldest of the half hours. All of them are over long before the tests are.
func firstHalf(now time.Time) time.Time {
	return now.UTC().Truncate(30 * time.Minute).Add(-24 * time.Hour)
}

// eventsOf makes the events of the file n, the oldest being 0: n+4 of them in the order of their times, every third of which has failed.
func eventsOf(first time.Time, n int) []*event {
	var all []*event
	for i := range n + 4 {
		e := &event{
			Time:   first.Add(time.Duration(n)*time.Hour + time.Duration(i)*2*time.Minute + 7*time.Second + 250*time.Millisecond),
			Tenant: ourProject, Project: named{ourInstance, "orders database"}, Module: "orders",
			Actor: actor{fmt.Sprint("user", i%3), fmt.Sprint("user", i%3, "@example.test")}, Source: source{fmt.Sprint("203.0.113.", i+1), "console"},
			Action: "row.delete", Operation: "delete", Result: "success", Description: fmt.Sprintf("DELETE FROM \"items\", twice;\nfile %d, event %d", n, i),
		}
		if i%3 == 2 {
			e.Result, e.Error = "failure", &failure{strconv.Itoa(1045 + i), "access denied"}
		}
		all = append(all, e)
	}
	all[0].Action, all[0].Operation, all[0].Description = "session.open", "login", ""
	all[len(all)-1].Action, all[len(all)-1].Operation = "session.close", "logout"
	return all
}

// row is an event as the vendor's file has it: record_id, connection_id, connection_status, name, timestamp, command_class, sqltext, user, host,
// external_user, ip, default_db.
func (e *event) row() []string {
	status, name, class, text := "0", "QUERY", e.Operation, e.Action
	if e.Error != nil {
		status = e.Error.Code
	}
	if e.Description != "" {
		text += " " + e.Description
	}
	switch e.Operation {
	case "login":
		name = "CONNECT"
	case "logout":
		name, class, text = "QUIT", "", ""
	}
	return []string{e.id, strconv.FormatUint(e.seq, 10), status, name, e.Time.UTC().Format("2006-01-02T15:04:05 UTC"), class, text, e.Actor.Name,
		e.Source.Channel, e.Actor.Email, e.Source.IP, e.Module}
}

// sendEvents sends those of our instance, file by file, and one each of the other two, and returns the former.
func (s *server) sendEvents(t *testing.T, first time.Time) [files][]*event {
	t.Helper()
	var ours [files][]*event
	all := []*event{
		{Time: first, Tenant: ourProject, Project: named{otherInstance, "stock database"}, Action: "row.insert", Operation: "create", Result: "success"},
		{Time: first, Tenant: theirProject, Project: named{theirInstance, "their database"}, Action: "row.insert", Operation: "create", Result: "success"},
	}
	for n := range ours {
		ours[n] = eventsOf(first, n)
		all = append(all, ours[n]...)
	}
	var answer struct {
		Created int `json:"created"`
		Items   []struct {
			ID  string `json:"id"`
			Seq uint64 `json:"seq"`
		} `json:"items"`
	}
	s.create(t, "/api/v1/events", all, &answer)
	if answer.Created != len(all) || len(answer.Items) != len(all) {
		t.Fatalf("%d events were sent, %d created", len(all), answer.Created)
	}
	for i, item := range answer.Items {
		all[i].id, all[i].seq = item.ID, item.Seq
	}
	return ours
}
