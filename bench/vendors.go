package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
)

// vendorCalls lists the list calls of other products' clients. Another one is a row more.
var vendorCalls = []vendorCall{
	flashdutySearch("newest page", 20, 1, func(*facts) int { return 0 }, func(int) string { return "" }),
	flashdutySearch("reads only", 20, 1, func(f *facts) int { return oneIf(isSession(f)) - 1 }, func(int) string { return `,"is_write":false` }),
	flashdutySearch("writes of one person", 20, users, writerOf, flashdutyWriter),
	flashdutySearch("writes of one person, the largest page", 99, users, writerOf, flashdutyWriter),
	flashdutySearch("one operation", 20, actions, actionOf, func(action int) string { return fmt.Sprintf(`,"operations":[%q]`, actionName(action)) }),
	{kind: "flashduty", what: "flashduty, list of operations", variants: actions, distinct: true, of: actionOf, page: 1,
		read: readFlashdutyOperations, ask: askFlashdutyOperations},

	layer7List("newest page", 1, func(*facts) int { return 0 }, func(int) string { return "" }),
	layer7List("one user", users, func(f *facts) int { return f.user }, func(user int) string { return "&userName=" + url.QueryEscape(names[user]) }),
	layer7Sorted("userName"),
	layer7Sorted("entityName"),
	layer7Sorted("action"),
	{kind: "enos", what: "enos, newest page", variants: 1, of: func(*facts) int { return 0 }, unnamed: true, ask: askEnOS, read: readEnOS},
	{kind: "huawei", what: "huawei, files of one instance", variants: projects, of: projectInRange, halves: true,
		ask: askHuawei, read: readHuawei},
}

// projectInRange is the project of an event that a list of huawei's may have.
func projectInRange(f *facts) int {
	if f.micros < huaweiFrom.UnixMicro() || f.micros >= defaultUntil.UnixMicro() {
		return -1
	}
	return f.project
}

// isSession tells the operations that write nothing, as far as the server is not told otherwise.
func isSession(f *facts) bool {
	name := operations[f.op].name
	return name == "login" || name == "logout"
}

// actions is how many different actions there may be.
var actions = len(modules) * len(operations)

func actionOf(f *facts) int { return f.module*len(operations) + f.op }

func actionName(action int) string {
	return modules[action/len(operations)].kind + "." + operations[action%len(operations)].name
}

// writerOf is the person of an event that wrote.
func writerOf(f *facts) int {
	if isSession(f) {
		return -1
	}
	return f.user
}

func flashdutyWriter(user int) string { return `,"is_write":true,"person_id":` + accountIDs[user] }

// flashdutySearch is a search of all events, with filters as members of the request behind the others.
func flashdutySearch(what string, page, variants int, of func(*facts) int, filters func(variant int) string) vendorCall {
	return vendorCall{kind: "flashduty", what: "flashduty, " + what, variants: variants, of: of, page: page,
		ask: askFlashduty(page, filters), read: readFlashduty}
}

func askFlashduty(page int, filters func(variant int) string) func(string, vendorKey, int) (*http.Request, error) {
	from, to := defaultUntil.Add(-span-lateMax).Unix(), defaultUntil.AddDate(0, 0, 1).Unix() // with what is sent behind the span
	return func(base string, key vendorKey, variant int) (*http.Request, error) {
		body := fmt.Sprintf(`{"start_time":%d,"end_time":%d,"limit":%d%s}`, from, to, page, filters(variant))
		req, err := http.NewRequest(http.MethodPost, base+"/audit/search?app_key="+key.AppKey, strings.NewReader(body))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}
}

func readFlashduty(body []byte) (l listed, err error) {
	var answer struct {
		Data struct {
			Total int `json:"total"`
			Docs  []struct {
				RequestID string `json:"request_id"`
			} `json:"docs"`
		} `json:"data"`
	}
	err = json.Unmarshal(body, &answer)
	l.total = answer.Data.Total
	for _, d := range answer.Data.Docs {
		l.ids = append(l.ids, d.RequestID)
	}
	return l, err
}

func askFlashdutyOperations(base string, key vendorKey, _ int) (*http.Request, error) {
	return http.NewRequest(http.MethodPost, base+"/audit/operation/list?app_key="+key.AppKey, nil)
}

func readFlashdutyOperations(body []byte) (l listed, err error) {
	var answer struct {
		Data struct {
			Items []struct{} `json:"items"`
		} `json:"data"`
	}
	err = json.Unmarshal(body, &answer)
	l.total = len(answer.Data.Items)
	return l, err
}
