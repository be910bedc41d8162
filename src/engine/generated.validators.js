/** Generated from specs/engine.yaml by `npm run generate`: do not edit. */

import { codePoints, withSchemas } from '#plugin';

const schema6 = {"type":"object","additionalProperties":false,"required":["apiVersion","kind","metadata","spec"],"description":"One resource and its desired state.","properties":{"apiVersion":{"type":"string","minLength":1,"maxLength":253,"description":"Plugin and version, for example `certificates/v1`."},"kind":{"type":"string","minLength":1,"maxLength":253,"description":"Kind of the resource."},"metadata":{"type":"object","additionalProperties":false,"required":["name"],"description":"Name and labels of the resource.","properties":{"name":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name of the resource; unique within its kind and scope."},"labels":{"type":"object","default":{},"description":"Names and values to select resources by.","additionalProperties":{"type":"string","maxLength":253}},"dependsOn":{"type":"array","maxItems":1000,"uniqueItems":true,"default":[],"description":"Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`.","items":{"type":"string","minLength":1,"maxLength":2048,"format":"address"}}}},"lifecycle":{"type":"object","additionalProperties":false,"default":{},"description":"Limits on changes to the resource.","properties":{"protect":{"type":"boolean","description":"Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it."},"onRemove":{"enum":["remove","release"],"description":"Action when the document is removed; each kind has its default."},"ignore":{"type":"array","maxItems":1000,"uniqueItems":true,"default":[],"description":"JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`.","items":{"type":"string","minLength":1,"maxLength":2048,"pattern":"^/spec(/([^/~]|~[01])*)*$"}},"hold":{"type":["string","boolean"],"minLength":1,"maxLength":1000,"description":"Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own."}}},"spec":{"type":"object","description":"The resource itself, in the form that its kind defines."}}};
const func2 = codePoints;
const formats0 = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const formats2 = /^[^/\s]+\/[^/\s]+\/[^/\s]+(?:\/[^/\s]+)*$/u;
const pattern0 = new RegExp("^/spec(/([^/~]|~[01])*)*$", "u");
function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.lifecycle === undefined){
data.lifecycle = {};
}
if(data.apiVersion === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "apiVersion"},message:"must have required property '"+"apiVersion"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.kind === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "kind"},message:"must have required property '"+"kind"+"'"};
(vErrors ??= []).push(err1);
errors++;
}
if(data.metadata === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "metadata"},message:"must have required property '"+"metadata"+"'"};
(vErrors ??= []).push(err2);
errors++;
}
if(data.spec === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "spec"},message:"must have required property '"+"spec"+"'"};
(vErrors ??= []).push(err3);
errors++;
}
for(const key0 in data){
if(!(((((key0 === "apiVersion") || (key0 === "kind")) || (key0 === "metadata")) || (key0 === "lifecycle")) || (key0 === "spec"))){
const err4 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err4);
errors++;
}
}
if(data.apiVersion !== undefined){
let data0 = data.apiVersion;
if(typeof data0 === "string"){
if(func2(data0) > 253){
const err5 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err5);
errors++;
}
if(func2(data0) < 1){
const err6 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err6);
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err7);
errors++;
}
}
if(data.kind !== undefined){
let data1 = data.kind;
if(typeof data1 === "string"){
if(func2(data1) > 253){
const err8 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err8);
errors++;
}
if(func2(data1) < 1){
const err9 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err9);
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err10);
errors++;
}
}
if(data.metadata !== undefined){
let data2 = data.metadata;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.labels === undefined){
data2.labels = {};
}
if(data2.dependsOn === undefined){
data2.dependsOn = [];
}
if(data2.name === undefined){
const err11 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
(vErrors ??= []).push(err11);
errors++;
}
for(const key1 in data2){
if(!(((key1 === "name") || (key1 === "labels")) || (key1 === "dependsOn"))){
const err12 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err12);
errors++;
}
}
if(data2.name !== undefined){
let data3 = data2.name;
if(typeof data3 === "string"){
if(func2(data3) > 253){
const err13 = {instancePath:instancePath+"/metadata/name",schemaPath:"#/properties/metadata/properties/name/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err13);
errors++;
}
if(func2(data3) < 1){
const err14 = {instancePath:instancePath+"/metadata/name",schemaPath:"#/properties/metadata/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err14);
errors++;
}
if(!(formats0.test(data3))){
const err15 = {instancePath:instancePath+"/metadata/name",schemaPath:"#/properties/metadata/properties/name/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err15);
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/metadata/name",schemaPath:"#/properties/metadata/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err16);
errors++;
}
}
let data4 = data2.labels;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
for(const key2 in data4){
let data5 = data4[key2];
if(typeof data5 === "string"){
if(func2(data5) > 253){
const err17 = {instancePath:instancePath+"/metadata/labels/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/metadata/properties/labels/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err17);
errors++;
}
}
else {
const err18 = {instancePath:instancePath+"/metadata/labels/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/metadata/properties/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err18);
errors++;
}
}
}
else {
const err19 = {instancePath:instancePath+"/metadata/labels",schemaPath:"#/properties/metadata/properties/labels/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err19);
errors++;
}
let data6 = data2.dependsOn;
if(Array.isArray(data6)){
if(data6.length > 1000){
const err20 = {instancePath:instancePath+"/metadata/dependsOn",schemaPath:"#/properties/metadata/properties/dependsOn/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err20);
errors++;
}
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(typeof data7 === "string"){
if(func2(data7) > 2048){
const err21 = {instancePath:instancePath+"/metadata/dependsOn/" + i0,schemaPath:"#/properties/metadata/properties/dependsOn/items/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err21);
errors++;
}
if(func2(data7) < 1){
const err22 = {instancePath:instancePath+"/metadata/dependsOn/" + i0,schemaPath:"#/properties/metadata/properties/dependsOn/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err22);
errors++;
}
if(!(formats2.test(data7))){
const err23 = {instancePath:instancePath+"/metadata/dependsOn/" + i0,schemaPath:"#/properties/metadata/properties/dependsOn/items/format",keyword:"format",params:{format: "address"},message:"must match format \""+"address"+"\""};
(vErrors ??= []).push(err23);
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/metadata/dependsOn/" + i0,schemaPath:"#/properties/metadata/properties/dependsOn/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err24);
errors++;
}
}
let i1 = data6.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data6[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err25 = {instancePath:instancePath+"/metadata/dependsOn",schemaPath:"#/properties/metadata/properties/dependsOn/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};
(vErrors ??= []).push(err25);
errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err26 = {instancePath:instancePath+"/metadata/dependsOn",schemaPath:"#/properties/metadata/properties/dependsOn/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err26);
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err27);
errors++;
}
}
let data8 = data.lifecycle;
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
if(data8.ignore === undefined){
data8.ignore = [];
}
for(const key3 in data8){
if(!((((key3 === "protect") || (key3 === "onRemove")) || (key3 === "ignore")) || (key3 === "hold"))){
const err28 = {instancePath:instancePath+"/lifecycle",schemaPath:"#/properties/lifecycle/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err28);
errors++;
}
}
if(data8.protect !== undefined){
if(typeof data8.protect !== "boolean"){
const err29 = {instancePath:instancePath+"/lifecycle/protect",schemaPath:"#/properties/lifecycle/properties/protect/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err29);
errors++;
}
}
if(data8.onRemove !== undefined){
let data10 = data8.onRemove;
if(!((data10 === "remove") || (data10 === "release"))){
const err30 = {instancePath:instancePath+"/lifecycle/onRemove",schemaPath:"#/properties/lifecycle/properties/onRemove/enum",keyword:"enum",params:{allowedValues: schema6.properties.lifecycle.properties.onRemove.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err30);
errors++;
}
}
let data11 = data8.ignore;
if(Array.isArray(data11)){
if(data11.length > 1000){
const err31 = {instancePath:instancePath+"/lifecycle/ignore",schemaPath:"#/properties/lifecycle/properties/ignore/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err31);
errors++;
}
const len1 = data11.length;
for(let i2=0; i2<len1; i2++){
let data12 = data11[i2];
if(typeof data12 === "string"){
if(func2(data12) > 2048){
const err32 = {instancePath:instancePath+"/lifecycle/ignore/" + i2,schemaPath:"#/properties/lifecycle/properties/ignore/items/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err32);
errors++;
}
if(func2(data12) < 1){
const err33 = {instancePath:instancePath+"/lifecycle/ignore/" + i2,schemaPath:"#/properties/lifecycle/properties/ignore/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err33);
errors++;
}
if(!pattern0.test(data12)){
const err34 = {instancePath:instancePath+"/lifecycle/ignore/" + i2,schemaPath:"#/properties/lifecycle/properties/ignore/items/pattern",keyword:"pattern",params:{pattern: "^/spec(/([^/~]|~[01])*)*$"},message:"must match pattern \""+"^/spec(/([^/~]|~[01])*)*$"+"\""};
(vErrors ??= []).push(err34);
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/lifecycle/ignore/" + i2,schemaPath:"#/properties/lifecycle/properties/ignore/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err35);
errors++;
}
}
let i3 = data11.length;
let j1;
if(i3 > 1){
const indices1 = {};
for(;i3--;){
let item1 = data11[i3];
if(typeof item1 !== "string"){
continue;
}
if(typeof indices1[item1] == "number"){
j1 = indices1[item1];
const err36 = {instancePath:instancePath+"/lifecycle/ignore",schemaPath:"#/properties/lifecycle/properties/ignore/uniqueItems",keyword:"uniqueItems",params:{i: i3, j: j1},message:"must NOT have duplicate items (items ## "+j1+" and "+i3+" are identical)"};
(vErrors ??= []).push(err36);
errors++;
break;
}
indices1[item1] = i3;
}
}
}
else {
const err37 = {instancePath:instancePath+"/lifecycle/ignore",schemaPath:"#/properties/lifecycle/properties/ignore/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err37);
errors++;
}
if(data8.hold !== undefined){
let data13 = data8.hold;
if((typeof data13 !== "string") && (typeof data13 !== "boolean")){
const err38 = {instancePath:instancePath+"/lifecycle/hold",schemaPath:"#/properties/lifecycle/properties/hold/type",keyword:"type",params:{type: schema6.properties.lifecycle.properties.hold.type},message:"must be string,boolean"};
(vErrors ??= []).push(err38);
errors++;
}
if(typeof data13 === "string"){
if(func2(data13) > 1000){
const err39 = {instancePath:instancePath+"/lifecycle/hold",schemaPath:"#/properties/lifecycle/properties/hold/maxLength",keyword:"maxLength",params:{limit: 1000},message:"must NOT have more than 1000 characters"};
(vErrors ??= []).push(err39);
errors++;
}
if(func2(data13) < 1){
const err40 = {instancePath:instancePath+"/lifecycle/hold",schemaPath:"#/properties/lifecycle/properties/hold/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err40);
errors++;
}
}
}
}
else {
const err41 = {instancePath:instancePath+"/lifecycle",schemaPath:"#/properties/lifecycle/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err41);
errors++;
}
if(data.spec !== undefined){
let data14 = data.spec;
if(!(data14 && typeof data14 == "object" && !Array.isArray(data14))){
const err42 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err42);
errors++;
}
}
}
else {
const err43 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err43);
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}
const schema7 = {"type":"object","additionalProperties":false,"description":"Configuration of a project.","properties":{"name":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[A-Za-z0-9._-]+$","description":"Name of the project, its scope in a shared store. Defaults to the name of the folder."},"desired":{"type":["string","array"],"minLength":1,"maxLength":4096,"minItems":1,"maxItems":1000,"default":["desired/"],"description":"Files, folders and patterns with documents, relative to this file.","items":{"type":"string","minLength":1,"maxLength":4096}},"store":{"type":"string","minLength":1,"maxLength":4096,"default":".fettle","description":"Folder of the log, relative to this file; or `postgres://user@host/database`, its password from PGPASSWORD or `${env:NAME}`, sent only to an origin that FETTLE_STORE_ORIGIN names."},"parallelism":{"type":"integer","minimum":1,"maximum":1000,"default":10,"description":"How many actions run at once."},"onDamage":{"enum":["stop","recover"],"default":"stop","description":"What `apply` does when the log is damaged."},"plugins":{"type":"object","default":{},"description":"Settings of the plugins, by name.","additionalProperties":{"type":"object"}},"safety":{"type":"object","additionalProperties":false,"default":{},"description":"Limits of the safety rules.","properties":{"maxAge":{"type":"string","format":"duration","default":"60s","description":"Greatest age of the refresh for a destructive step."},"removals":{"type":"object","additionalProperties":false,"default":{},"description":"Removals of one kind at once; above the limit, nothing of the kind is removed.","properties":{"max":{"type":"integer","minimum":0,"maximum":1000000,"default":10,"description":"Greatest number of removals."},"share":{"type":"string","format":"percentage","default":"30%","description":"Greatest share of the owned resources."},"from":{"type":"integer","minimum":1,"maximum":1000000,"default":4,"description":"Number of owned resources from which the share counts; below it, only `max` does."},"per":{"type":"string","format":"duration","default":"1h","description":"Time for which removals of earlier runs count, 7d at most."}}},"collapse":{"type":"object","additionalProperties":false,"default":{},"description":"Limits at which missing resources make the refresh itself doubtful.","properties":{"share":{"type":"string","format":"percentage","default":"50%","description":"Share of the owned resources that must be missing."},"from":{"type":"integer","minimum":1,"maximum":1000000,"default":4,"description":"Number of owned resources from which the share counts."}}},"budgets":{"type":"array","maxItems":1000,"default":[],"description":"Limits on disruptive steps over time.","items":{"type":"object","additionalProperties":false,"required":["max","per"],"properties":{"match":{"type":"object","additionalProperties":false,"default":{},"description":"Resources that share this budget; a field that is left out matches all.","properties":{"plugin":{"type":"string","minLength":1,"maxLength":253},"kind":{"type":"string","minLength":1,"maxLength":253},"labels":{"type":"object","default":{},"description":"Labels that a resource must have.","additionalProperties":{"type":"string","maxLength":253}}}},"max":{"type":"integer","minimum":0,"maximum":1000000,"description":"Greatest number of steps."},"per":{"type":"string","format":"duration","description":"Time over which the steps count, 7d at most."}}}},"freeze":{"type":"array","maxItems":100,"default":[],"description":"Windows in which nothing changes.","items":{"type":"object","additionalProperties":false,"required":["cron","for","reason"],"properties":{"cron":{"type":"string","minLength":9,"maxLength":200,"format":"plain-text","description":"Start of the window: minute, hour, day of month, month, day of week."},"for":{"type":"string","format":"duration","description":"Length of the window, 366d at most."},"timezone":{"type":"string","minLength":1,"maxLength":100,"default":"UTC","description":"Time zone of the schedule, for example Europe/Berlin."},"reason":{"type":"string","minLength":1,"maxLength":1000,"format":"plain-text"}}}},"overrides":{"type":"array","maxItems":1000,"default":[],"description":"Exceptions, each for one rule on one address until a time.","items":{"type":"object","additionalProperties":false,"required":["rule","address","until","reason"],"properties":{"rule":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"},"address":{"type":"string","minLength":1,"maxLength":2048,"format":"address"},"until":{"type":"string","format":"instant","description":"Time at which the override expires; an expired override is an error."},"reason":{"type":"string","minLength":1,"maxLength":1000,"format":"plain-text"}}}}}},"drift":{"type":"object","additionalProperties":false,"default":{},"description":"Settings of `fettle drift`.","properties":{"suppress":{"type":"array","maxItems":1000,"default":[],"description":"Known drift and findings that are not counted until a time.","items":{"type":"object","additionalProperties":false,"required":["address","until","owner","reason"],"properties":{"address":{"type":"string","minLength":1,"maxLength":2048,"format":"plain-text","description":"Address or glob, for example `nodes/Node/*`."},"path":{"type":"string","minLength":1,"maxLength":2048,"pattern":"^(/([^/~]|~[01])*)+$","description":"JSON pointer into the spec: suppresses the drift of this field and of the fields below it."},"finding":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Code of a finding to suppress, instead of `path`."},"until":{"type":"string","format":"instant","description":"Time at which the drift or finding counts again; the suppression is then reported as expired."},"owner":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Person or team that is responsible."},"reason":{"type":"string","minLength":1,"maxLength":1000,"format":"plain-text"}}}}}}}};
const pattern1 = new RegExp("^[A-Za-z0-9._-]+$", "u");
const pattern2 = new RegExp("^(/([^/~]|~[01])*)+$", "u");
const formats4 = /^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$/u;
const formats6 = /^(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]{1,3})?)%$/u;
const formats24 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/u;
function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.desired === undefined){
data.desired = ["desired/"];
}
if(data.store === undefined){
data.store = ".fettle";
}
if(data.parallelism === undefined){
data.parallelism = 10;
}
if(data.onDamage === undefined){
data.onDamage = "stop";
}
if(data.plugins === undefined){
data.plugins = {};
}
if(data.safety === undefined){
data.safety = {};
}
if(data.drift === undefined){
data.drift = {};
}
for(const key0 in data){
if(!((((((((key0 === "name") || (key0 === "desired")) || (key0 === "store")) || (key0 === "parallelism")) || (key0 === "onDamage")) || (key0 === "plugins")) || (key0 === "safety")) || (key0 === "drift"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.name !== undefined){
let data0 = data.name;
if(typeof data0 === "string"){
if(func2(data0) > 63){
const err1 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err1);
errors++;
}
if(func2(data0) < 1){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err2);
errors++;
}
if(!pattern1.test(data0)){
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._-]+$"+"\""};
(vErrors ??= []).push(err3);
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err4);
errors++;
}
}
let data1 = data.desired;
if((typeof data1 !== "string") && (!(Array.isArray(data1)))){
const err5 = {instancePath:instancePath+"/desired",schemaPath:"#/properties/desired/type",keyword:"type",params:{type: schema7.properties.desired.type},message:"must be string,array"};
(vErrors ??= []).push(err5);
errors++;
}
if(typeof data1 === "string"){
if(func2(data1) > 4096){
const err6 = {instancePath:instancePath+"/desired",schemaPath:"#/properties/desired/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err6);
errors++;
}
if(func2(data1) < 1){
const err7 = {instancePath:instancePath+"/desired",schemaPath:"#/properties/desired/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err7);
errors++;
}
}
if(Array.isArray(data1)){
if(data1.length > 1000){
const err8 = {instancePath:instancePath+"/desired",schemaPath:"#/properties/desired/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err8);
errors++;
}
if(data1.length < 1){
const err9 = {instancePath:instancePath+"/desired",schemaPath:"#/properties/desired/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
(vErrors ??= []).push(err9);
errors++;
}
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(typeof data2 === "string"){
if(func2(data2) > 4096){
const err10 = {instancePath:instancePath+"/desired/" + i0,schemaPath:"#/properties/desired/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err10);
errors++;
}
if(func2(data2) < 1){
const err11 = {instancePath:instancePath+"/desired/" + i0,schemaPath:"#/properties/desired/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err11);
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/desired/" + i0,schemaPath:"#/properties/desired/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err12);
errors++;
}
}
}
let data3 = data.store;
if(typeof data3 === "string"){
if(func2(data3) > 4096){
const err13 = {instancePath:instancePath+"/store",schemaPath:"#/properties/store/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err13);
errors++;
}
if(func2(data3) < 1){
const err14 = {instancePath:instancePath+"/store",schemaPath:"#/properties/store/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err14);
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/store",schemaPath:"#/properties/store/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err15);
errors++;
}
let data4 = data.parallelism;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err16 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err16);
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1000 || isNaN(data4)){
const err17 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err17);
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err18 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err18);
errors++;
}
}
let data5 = data.onDamage;
if(!((data5 === "stop") || (data5 === "recover"))){
const err19 = {instancePath:instancePath+"/onDamage",schemaPath:"#/properties/onDamage/enum",keyword:"enum",params:{allowedValues: schema7.properties.onDamage.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err19);
errors++;
}
let data6 = data.plugins;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
for(const key1 in data6){
let data7 = data6[key1];
if(!(data7 && typeof data7 == "object" && !Array.isArray(data7))){
const err20 = {instancePath:instancePath+"/plugins/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/plugins/additionalProperties/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err20);
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/plugins",schemaPath:"#/properties/plugins/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err21);
errors++;
}
let data8 = data.safety;
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
if(data8.maxAge === undefined){
data8.maxAge = "60s";
}
if(data8.removals === undefined){
data8.removals = {};
}
if(data8.collapse === undefined){
data8.collapse = {};
}
if(data8.budgets === undefined){
data8.budgets = [];
}
if(data8.freeze === undefined){
data8.freeze = [];
}
if(data8.overrides === undefined){
data8.overrides = [];
}
for(const key2 in data8){
if(!((((((key2 === "maxAge") || (key2 === "removals")) || (key2 === "collapse")) || (key2 === "budgets")) || (key2 === "freeze")) || (key2 === "overrides"))){
const err22 = {instancePath:instancePath+"/safety",schemaPath:"#/properties/safety/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err22);
errors++;
}
}
let data9 = data8.maxAge;
if(typeof data9 === "string"){
if(!(formats4.test(data9))){
const err23 = {instancePath:instancePath+"/safety/maxAge",schemaPath:"#/properties/safety/properties/maxAge/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err23);
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/safety/maxAge",schemaPath:"#/properties/safety/properties/maxAge/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err24);
errors++;
}
let data10 = data8.removals;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
if(data10.max === undefined){
data10.max = 10;
}
if(data10.share === undefined){
data10.share = "30%";
}
if(data10.from === undefined){
data10.from = 4;
}
if(data10.per === undefined){
data10.per = "1h";
}
for(const key3 in data10){
if(!((((key3 === "max") || (key3 === "share")) || (key3 === "from")) || (key3 === "per"))){
const err25 = {instancePath:instancePath+"/safety/removals",schemaPath:"#/properties/safety/properties/removals/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err25);
errors++;
}
}
let data11 = data10.max;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
const err26 = {instancePath:instancePath+"/safety/removals/max",schemaPath:"#/properties/safety/properties/removals/properties/max/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err26);
errors++;
}
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 1000000 || isNaN(data11)){
const err27 = {instancePath:instancePath+"/safety/removals/max",schemaPath:"#/properties/safety/properties/removals/properties/max/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000"};
(vErrors ??= []).push(err27);
errors++;
}
if(data11 < 0 || isNaN(data11)){
const err28 = {instancePath:instancePath+"/safety/removals/max",schemaPath:"#/properties/safety/properties/removals/properties/max/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err28);
errors++;
}
}
let data12 = data10.share;
if(typeof data12 === "string"){
if(!(formats6.test(data12))){
const err29 = {instancePath:instancePath+"/safety/removals/share",schemaPath:"#/properties/safety/properties/removals/properties/share/format",keyword:"format",params:{format: "percentage"},message:"must match format \""+"percentage"+"\""};
(vErrors ??= []).push(err29);
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/safety/removals/share",schemaPath:"#/properties/safety/properties/removals/properties/share/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err30);
errors++;
}
let data13 = data10.from;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err31 = {instancePath:instancePath+"/safety/removals/from",schemaPath:"#/properties/safety/properties/removals/properties/from/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err31);
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 1000000 || isNaN(data13)){
const err32 = {instancePath:instancePath+"/safety/removals/from",schemaPath:"#/properties/safety/properties/removals/properties/from/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000"};
(vErrors ??= []).push(err32);
errors++;
}
if(data13 < 1 || isNaN(data13)){
const err33 = {instancePath:instancePath+"/safety/removals/from",schemaPath:"#/properties/safety/properties/removals/properties/from/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err33);
errors++;
}
}
let data14 = data10.per;
if(typeof data14 === "string"){
if(!(formats4.test(data14))){
const err34 = {instancePath:instancePath+"/safety/removals/per",schemaPath:"#/properties/safety/properties/removals/properties/per/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err34);
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/safety/removals/per",schemaPath:"#/properties/safety/properties/removals/properties/per/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err35);
errors++;
}
}
else {
const err36 = {instancePath:instancePath+"/safety/removals",schemaPath:"#/properties/safety/properties/removals/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err36);
errors++;
}
let data15 = data8.collapse;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
if(data15.share === undefined){
data15.share = "50%";
}
if(data15.from === undefined){
data15.from = 4;
}
for(const key4 in data15){
if(!((key4 === "share") || (key4 === "from"))){
const err37 = {instancePath:instancePath+"/safety/collapse",schemaPath:"#/properties/safety/properties/collapse/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
(vErrors ??= []).push(err37);
errors++;
}
}
let data16 = data15.share;
if(typeof data16 === "string"){
if(!(formats6.test(data16))){
const err38 = {instancePath:instancePath+"/safety/collapse/share",schemaPath:"#/properties/safety/properties/collapse/properties/share/format",keyword:"format",params:{format: "percentage"},message:"must match format \""+"percentage"+"\""};
(vErrors ??= []).push(err38);
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/safety/collapse/share",schemaPath:"#/properties/safety/properties/collapse/properties/share/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err39);
errors++;
}
let data17 = data15.from;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err40 = {instancePath:instancePath+"/safety/collapse/from",schemaPath:"#/properties/safety/properties/collapse/properties/from/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err40);
errors++;
}
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 1000000 || isNaN(data17)){
const err41 = {instancePath:instancePath+"/safety/collapse/from",schemaPath:"#/properties/safety/properties/collapse/properties/from/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000"};
(vErrors ??= []).push(err41);
errors++;
}
if(data17 < 1 || isNaN(data17)){
const err42 = {instancePath:instancePath+"/safety/collapse/from",schemaPath:"#/properties/safety/properties/collapse/properties/from/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err42);
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/safety/collapse",schemaPath:"#/properties/safety/properties/collapse/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err43);
errors++;
}
let data18 = data8.budgets;
if(Array.isArray(data18)){
if(data18.length > 1000){
const err44 = {instancePath:instancePath+"/safety/budgets",schemaPath:"#/properties/safety/properties/budgets/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err44);
errors++;
}
const len1 = data18.length;
for(let i1=0; i1<len1; i1++){
let data19 = data18[i1];
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
if(data19.match === undefined){
data19.match = {};
}
if(data19.max === undefined){
const err45 = {instancePath:instancePath+"/safety/budgets/" + i1,schemaPath:"#/properties/safety/properties/budgets/items/required",keyword:"required",params:{missingProperty: "max"},message:"must have required property '"+"max"+"'"};
(vErrors ??= []).push(err45);
errors++;
}
if(data19.per === undefined){
const err46 = {instancePath:instancePath+"/safety/budgets/" + i1,schemaPath:"#/properties/safety/properties/budgets/items/required",keyword:"required",params:{missingProperty: "per"},message:"must have required property '"+"per"+"'"};
(vErrors ??= []).push(err46);
errors++;
}
for(const key5 in data19){
if(!(((key5 === "match") || (key5 === "max")) || (key5 === "per"))){
const err47 = {instancePath:instancePath+"/safety/budgets/" + i1,schemaPath:"#/properties/safety/properties/budgets/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties"};
(vErrors ??= []).push(err47);
errors++;
}
}
let data20 = data19.match;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
if(data20.labels === undefined){
data20.labels = {};
}
for(const key6 in data20){
if(!(((key6 === "plugin") || (key6 === "kind")) || (key6 === "labels"))){
const err48 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
(vErrors ??= []).push(err48);
errors++;
}
}
if(data20.plugin !== undefined){
let data21 = data20.plugin;
if(typeof data21 === "string"){
if(func2(data21) > 253){
const err49 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/plugin",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/plugin/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err49);
errors++;
}
if(func2(data21) < 1){
const err50 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/plugin",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/plugin/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err50);
errors++;
}
}
else {
const err51 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/plugin",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/plugin/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err51);
errors++;
}
}
if(data20.kind !== undefined){
let data22 = data20.kind;
if(typeof data22 === "string"){
if(func2(data22) > 253){
const err52 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/kind",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/kind/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err52);
errors++;
}
if(func2(data22) < 1){
const err53 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/kind",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/kind/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err53);
errors++;
}
}
else {
const err54 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/kind",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err54);
errors++;
}
}
let data23 = data20.labels;
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
for(const key7 in data23){
let data24 = data23[key7];
if(typeof data24 === "string"){
if(func2(data24) > 253){
const err55 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/labels/" + key7.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/labels/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err55);
errors++;
}
}
else {
const err56 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/labels/" + key7.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err56);
errors++;
}
}
}
else {
const err57 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match/labels",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/properties/labels/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err57);
errors++;
}
}
else {
const err58 = {instancePath:instancePath+"/safety/budgets/" + i1+"/match",schemaPath:"#/properties/safety/properties/budgets/items/properties/match/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err58);
errors++;
}
if(data19.max !== undefined){
let data25 = data19.max;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
const err59 = {instancePath:instancePath+"/safety/budgets/" + i1+"/max",schemaPath:"#/properties/safety/properties/budgets/items/properties/max/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err59);
errors++;
}
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 1000000 || isNaN(data25)){
const err60 = {instancePath:instancePath+"/safety/budgets/" + i1+"/max",schemaPath:"#/properties/safety/properties/budgets/items/properties/max/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000"};
(vErrors ??= []).push(err60);
errors++;
}
if(data25 < 0 || isNaN(data25)){
const err61 = {instancePath:instancePath+"/safety/budgets/" + i1+"/max",schemaPath:"#/properties/safety/properties/budgets/items/properties/max/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err61);
errors++;
}
}
}
if(data19.per !== undefined){
let data26 = data19.per;
if(typeof data26 === "string"){
if(!(formats4.test(data26))){
const err62 = {instancePath:instancePath+"/safety/budgets/" + i1+"/per",schemaPath:"#/properties/safety/properties/budgets/items/properties/per/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err62);
errors++;
}
}
else {
const err63 = {instancePath:instancePath+"/safety/budgets/" + i1+"/per",schemaPath:"#/properties/safety/properties/budgets/items/properties/per/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err63);
errors++;
}
}
}
else {
const err64 = {instancePath:instancePath+"/safety/budgets/" + i1,schemaPath:"#/properties/safety/properties/budgets/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err64);
errors++;
}
}
}
else {
const err65 = {instancePath:instancePath+"/safety/budgets",schemaPath:"#/properties/safety/properties/budgets/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err65);
errors++;
}
let data27 = data8.freeze;
if(Array.isArray(data27)){
if(data27.length > 100){
const err66 = {instancePath:instancePath+"/safety/freeze",schemaPath:"#/properties/safety/properties/freeze/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
(vErrors ??= []).push(err66);
errors++;
}
const len2 = data27.length;
for(let i2=0; i2<len2; i2++){
let data28 = data27[i2];
if(data28 && typeof data28 == "object" && !Array.isArray(data28)){
if(data28.timezone === undefined){
data28.timezone = "UTC";
}
if(data28.cron === undefined){
const err67 = {instancePath:instancePath+"/safety/freeze/" + i2,schemaPath:"#/properties/safety/properties/freeze/items/required",keyword:"required",params:{missingProperty: "cron"},message:"must have required property '"+"cron"+"'"};
(vErrors ??= []).push(err67);
errors++;
}
if(data28.for === undefined){
const err68 = {instancePath:instancePath+"/safety/freeze/" + i2,schemaPath:"#/properties/safety/properties/freeze/items/required",keyword:"required",params:{missingProperty: "for"},message:"must have required property '"+"for"+"'"};
(vErrors ??= []).push(err68);
errors++;
}
if(data28.reason === undefined){
const err69 = {instancePath:instancePath+"/safety/freeze/" + i2,schemaPath:"#/properties/safety/properties/freeze/items/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
(vErrors ??= []).push(err69);
errors++;
}
for(const key8 in data28){
if(!((((key8 === "cron") || (key8 === "for")) || (key8 === "timezone")) || (key8 === "reason"))){
const err70 = {instancePath:instancePath+"/safety/freeze/" + i2,schemaPath:"#/properties/safety/properties/freeze/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties"};
(vErrors ??= []).push(err70);
errors++;
}
}
if(data28.cron !== undefined){
let data29 = data28.cron;
if(typeof data29 === "string"){
if(func2(data29) > 200){
const err71 = {instancePath:instancePath+"/safety/freeze/" + i2+"/cron",schemaPath:"#/properties/safety/properties/freeze/items/properties/cron/maxLength",keyword:"maxLength",params:{limit: 200},message:"must NOT have more than 200 characters"};
(vErrors ??= []).push(err71);
errors++;
}
if(func2(data29) < 9){
const err72 = {instancePath:instancePath+"/safety/freeze/" + i2+"/cron",schemaPath:"#/properties/safety/properties/freeze/items/properties/cron/minLength",keyword:"minLength",params:{limit: 9},message:"must NOT have fewer than 9 characters"};
(vErrors ??= []).push(err72);
errors++;
}
if(!(formats0.test(data29))){
const err73 = {instancePath:instancePath+"/safety/freeze/" + i2+"/cron",schemaPath:"#/properties/safety/properties/freeze/items/properties/cron/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err73);
errors++;
}
}
else {
const err74 = {instancePath:instancePath+"/safety/freeze/" + i2+"/cron",schemaPath:"#/properties/safety/properties/freeze/items/properties/cron/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err74);
errors++;
}
}
if(data28.for !== undefined){
let data30 = data28.for;
if(typeof data30 === "string"){
if(!(formats4.test(data30))){
const err75 = {instancePath:instancePath+"/safety/freeze/" + i2+"/for",schemaPath:"#/properties/safety/properties/freeze/items/properties/for/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err75);
errors++;
}
}
else {
const err76 = {instancePath:instancePath+"/safety/freeze/" + i2+"/for",schemaPath:"#/properties/safety/properties/freeze/items/properties/for/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err76);
errors++;
}
}
let data31 = data28.timezone;
if(typeof data31 === "string"){
if(func2(data31) > 100){
const err77 = {instancePath:instancePath+"/safety/freeze/" + i2+"/timezone",schemaPath:"#/properties/safety/properties/freeze/items/properties/timezone/maxLength",keyword:"maxLength",params:{limit: 100},message:"must NOT have more than 100 characters"};
(vErrors ??= []).push(err77);
errors++;
}
if(func2(data31) < 1){
const err78 = {instancePath:instancePath+"/safety/freeze/" + i2+"/timezone",schemaPath:"#/properties/safety/properties/freeze/items/properties/timezone/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err78);
errors++;
}
}
else {
const err79 = {instancePath:instancePath+"/safety/freeze/" + i2+"/timezone",schemaPath:"#/properties/safety/properties/freeze/items/properties/timezone/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err79);
errors++;
}
if(data28.reason !== undefined){
let data32 = data28.reason;
if(typeof data32 === "string"){
if(func2(data32) > 1000){
const err80 = {instancePath:instancePath+"/safety/freeze/" + i2+"/reason",schemaPath:"#/properties/safety/properties/freeze/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 1000},message:"must NOT have more than 1000 characters"};
(vErrors ??= []).push(err80);
errors++;
}
if(func2(data32) < 1){
const err81 = {instancePath:instancePath+"/safety/freeze/" + i2+"/reason",schemaPath:"#/properties/safety/properties/freeze/items/properties/reason/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err81);
errors++;
}
if(!(formats0.test(data32))){
const err82 = {instancePath:instancePath+"/safety/freeze/" + i2+"/reason",schemaPath:"#/properties/safety/properties/freeze/items/properties/reason/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err82);
errors++;
}
}
else {
const err83 = {instancePath:instancePath+"/safety/freeze/" + i2+"/reason",schemaPath:"#/properties/safety/properties/freeze/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err83);
errors++;
}
}
}
else {
const err84 = {instancePath:instancePath+"/safety/freeze/" + i2,schemaPath:"#/properties/safety/properties/freeze/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err84);
errors++;
}
}
}
else {
const err85 = {instancePath:instancePath+"/safety/freeze",schemaPath:"#/properties/safety/properties/freeze/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err85);
errors++;
}
let data33 = data8.overrides;
if(Array.isArray(data33)){
if(data33.length > 1000){
const err86 = {instancePath:instancePath+"/safety/overrides",schemaPath:"#/properties/safety/properties/overrides/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err86);
errors++;
}
const len3 = data33.length;
for(let i3=0; i3<len3; i3++){
let data34 = data33[i3];
if(data34 && typeof data34 == "object" && !Array.isArray(data34)){
if(data34.rule === undefined){
const err87 = {instancePath:instancePath+"/safety/overrides/" + i3,schemaPath:"#/properties/safety/properties/overrides/items/required",keyword:"required",params:{missingProperty: "rule"},message:"must have required property '"+"rule"+"'"};
(vErrors ??= []).push(err87);
errors++;
}
if(data34.address === undefined){
const err88 = {instancePath:instancePath+"/safety/overrides/" + i3,schemaPath:"#/properties/safety/properties/overrides/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err88);
errors++;
}
if(data34.until === undefined){
const err89 = {instancePath:instancePath+"/safety/overrides/" + i3,schemaPath:"#/properties/safety/properties/overrides/items/required",keyword:"required",params:{missingProperty: "until"},message:"must have required property '"+"until"+"'"};
(vErrors ??= []).push(err89);
errors++;
}
if(data34.reason === undefined){
const err90 = {instancePath:instancePath+"/safety/overrides/" + i3,schemaPath:"#/properties/safety/properties/overrides/items/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
(vErrors ??= []).push(err90);
errors++;
}
for(const key9 in data34){
if(!((((key9 === "rule") || (key9 === "address")) || (key9 === "until")) || (key9 === "reason"))){
const err91 = {instancePath:instancePath+"/safety/overrides/" + i3,schemaPath:"#/properties/safety/properties/overrides/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},message:"must NOT have additional properties"};
(vErrors ??= []).push(err91);
errors++;
}
}
if(data34.rule !== undefined){
let data35 = data34.rule;
if(typeof data35 === "string"){
if(func2(data35) > 253){
const err92 = {instancePath:instancePath+"/safety/overrides/" + i3+"/rule",schemaPath:"#/properties/safety/properties/overrides/items/properties/rule/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err92);
errors++;
}
if(func2(data35) < 1){
const err93 = {instancePath:instancePath+"/safety/overrides/" + i3+"/rule",schemaPath:"#/properties/safety/properties/overrides/items/properties/rule/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err93);
errors++;
}
if(!(formats0.test(data35))){
const err94 = {instancePath:instancePath+"/safety/overrides/" + i3+"/rule",schemaPath:"#/properties/safety/properties/overrides/items/properties/rule/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err94);
errors++;
}
}
else {
const err95 = {instancePath:instancePath+"/safety/overrides/" + i3+"/rule",schemaPath:"#/properties/safety/properties/overrides/items/properties/rule/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err95);
errors++;
}
}
if(data34.address !== undefined){
let data36 = data34.address;
if(typeof data36 === "string"){
if(func2(data36) > 2048){
const err96 = {instancePath:instancePath+"/safety/overrides/" + i3+"/address",schemaPath:"#/properties/safety/properties/overrides/items/properties/address/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err96);
errors++;
}
if(func2(data36) < 1){
const err97 = {instancePath:instancePath+"/safety/overrides/" + i3+"/address",schemaPath:"#/properties/safety/properties/overrides/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err97);
errors++;
}
if(!(formats2.test(data36))){
const err98 = {instancePath:instancePath+"/safety/overrides/" + i3+"/address",schemaPath:"#/properties/safety/properties/overrides/items/properties/address/format",keyword:"format",params:{format: "address"},message:"must match format \""+"address"+"\""};
(vErrors ??= []).push(err98);
errors++;
}
}
else {
const err99 = {instancePath:instancePath+"/safety/overrides/" + i3+"/address",schemaPath:"#/properties/safety/properties/overrides/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err99);
errors++;
}
}
if(data34.until !== undefined){
let data37 = data34.until;
if(typeof data37 === "string"){
if(!(formats24.test(data37))){
const err100 = {instancePath:instancePath+"/safety/overrides/" + i3+"/until",schemaPath:"#/properties/safety/properties/overrides/items/properties/until/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err100);
errors++;
}
}
else {
const err101 = {instancePath:instancePath+"/safety/overrides/" + i3+"/until",schemaPath:"#/properties/safety/properties/overrides/items/properties/until/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err101);
errors++;
}
}
if(data34.reason !== undefined){
let data38 = data34.reason;
if(typeof data38 === "string"){
if(func2(data38) > 1000){
const err102 = {instancePath:instancePath+"/safety/overrides/" + i3+"/reason",schemaPath:"#/properties/safety/properties/overrides/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 1000},message:"must NOT have more than 1000 characters"};
(vErrors ??= []).push(err102);
errors++;
}
if(func2(data38) < 1){
const err103 = {instancePath:instancePath+"/safety/overrides/" + i3+"/reason",schemaPath:"#/properties/safety/properties/overrides/items/properties/reason/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err103);
errors++;
}
if(!(formats0.test(data38))){
const err104 = {instancePath:instancePath+"/safety/overrides/" + i3+"/reason",schemaPath:"#/properties/safety/properties/overrides/items/properties/reason/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err104);
errors++;
}
}
else {
const err105 = {instancePath:instancePath+"/safety/overrides/" + i3+"/reason",schemaPath:"#/properties/safety/properties/overrides/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err105);
errors++;
}
}
}
else {
const err106 = {instancePath:instancePath+"/safety/overrides/" + i3,schemaPath:"#/properties/safety/properties/overrides/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err106);
errors++;
}
}
}
else {
const err107 = {instancePath:instancePath+"/safety/overrides",schemaPath:"#/properties/safety/properties/overrides/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err107);
errors++;
}
}
else {
const err108 = {instancePath:instancePath+"/safety",schemaPath:"#/properties/safety/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err108);
errors++;
}
let data39 = data.drift;
if(data39 && typeof data39 == "object" && !Array.isArray(data39)){
if(data39.suppress === undefined){
data39.suppress = [];
}
for(const key10 in data39){
if(!(key10 === "suppress")){
const err109 = {instancePath:instancePath+"/drift",schemaPath:"#/properties/drift/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10},message:"must NOT have additional properties"};
(vErrors ??= []).push(err109);
errors++;
}
}
let data40 = data39.suppress;
if(Array.isArray(data40)){
if(data40.length > 1000){
const err110 = {instancePath:instancePath+"/drift/suppress",schemaPath:"#/properties/drift/properties/suppress/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err110);
errors++;
}
const len4 = data40.length;
for(let i4=0; i4<len4; i4++){
let data41 = data40[i4];
if(data41 && typeof data41 == "object" && !Array.isArray(data41)){
if(data41.address === undefined){
const err111 = {instancePath:instancePath+"/drift/suppress/" + i4,schemaPath:"#/properties/drift/properties/suppress/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err111);
errors++;
}
if(data41.until === undefined){
const err112 = {instancePath:instancePath+"/drift/suppress/" + i4,schemaPath:"#/properties/drift/properties/suppress/items/required",keyword:"required",params:{missingProperty: "until"},message:"must have required property '"+"until"+"'"};
(vErrors ??= []).push(err112);
errors++;
}
if(data41.owner === undefined){
const err113 = {instancePath:instancePath+"/drift/suppress/" + i4,schemaPath:"#/properties/drift/properties/suppress/items/required",keyword:"required",params:{missingProperty: "owner"},message:"must have required property '"+"owner"+"'"};
(vErrors ??= []).push(err113);
errors++;
}
if(data41.reason === undefined){
const err114 = {instancePath:instancePath+"/drift/suppress/" + i4,schemaPath:"#/properties/drift/properties/suppress/items/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
(vErrors ??= []).push(err114);
errors++;
}
for(const key11 in data41){
if(!((((((key11 === "address") || (key11 === "path")) || (key11 === "finding")) || (key11 === "until")) || (key11 === "owner")) || (key11 === "reason"))){
const err115 = {instancePath:instancePath+"/drift/suppress/" + i4,schemaPath:"#/properties/drift/properties/suppress/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11},message:"must NOT have additional properties"};
(vErrors ??= []).push(err115);
errors++;
}
}
if(data41.address !== undefined){
let data42 = data41.address;
if(typeof data42 === "string"){
if(func2(data42) > 2048){
const err116 = {instancePath:instancePath+"/drift/suppress/" + i4+"/address",schemaPath:"#/properties/drift/properties/suppress/items/properties/address/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err116);
errors++;
}
if(func2(data42) < 1){
const err117 = {instancePath:instancePath+"/drift/suppress/" + i4+"/address",schemaPath:"#/properties/drift/properties/suppress/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err117);
errors++;
}
if(!(formats0.test(data42))){
const err118 = {instancePath:instancePath+"/drift/suppress/" + i4+"/address",schemaPath:"#/properties/drift/properties/suppress/items/properties/address/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err118);
errors++;
}
}
else {
const err119 = {instancePath:instancePath+"/drift/suppress/" + i4+"/address",schemaPath:"#/properties/drift/properties/suppress/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err119);
errors++;
}
}
if(data41.path !== undefined){
let data43 = data41.path;
if(typeof data43 === "string"){
if(func2(data43) > 2048){
const err120 = {instancePath:instancePath+"/drift/suppress/" + i4+"/path",schemaPath:"#/properties/drift/properties/suppress/items/properties/path/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err120);
errors++;
}
if(func2(data43) < 1){
const err121 = {instancePath:instancePath+"/drift/suppress/" + i4+"/path",schemaPath:"#/properties/drift/properties/suppress/items/properties/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err121);
errors++;
}
if(!pattern2.test(data43)){
const err122 = {instancePath:instancePath+"/drift/suppress/" + i4+"/path",schemaPath:"#/properties/drift/properties/suppress/items/properties/path/pattern",keyword:"pattern",params:{pattern: "^(/([^/~]|~[01])*)+$"},message:"must match pattern \""+"^(/([^/~]|~[01])*)+$"+"\""};
(vErrors ??= []).push(err122);
errors++;
}
}
else {
const err123 = {instancePath:instancePath+"/drift/suppress/" + i4+"/path",schemaPath:"#/properties/drift/properties/suppress/items/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err123);
errors++;
}
}
if(data41.finding !== undefined){
let data44 = data41.finding;
if(typeof data44 === "string"){
if(func2(data44) > 253){
const err124 = {instancePath:instancePath+"/drift/suppress/" + i4+"/finding",schemaPath:"#/properties/drift/properties/suppress/items/properties/finding/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err124);
errors++;
}
if(func2(data44) < 1){
const err125 = {instancePath:instancePath+"/drift/suppress/" + i4+"/finding",schemaPath:"#/properties/drift/properties/suppress/items/properties/finding/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err125);
errors++;
}
if(!(formats0.test(data44))){
const err126 = {instancePath:instancePath+"/drift/suppress/" + i4+"/finding",schemaPath:"#/properties/drift/properties/suppress/items/properties/finding/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err126);
errors++;
}
}
else {
const err127 = {instancePath:instancePath+"/drift/suppress/" + i4+"/finding",schemaPath:"#/properties/drift/properties/suppress/items/properties/finding/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err127);
errors++;
}
}
if(data41.until !== undefined){
let data45 = data41.until;
if(typeof data45 === "string"){
if(!(formats24.test(data45))){
const err128 = {instancePath:instancePath+"/drift/suppress/" + i4+"/until",schemaPath:"#/properties/drift/properties/suppress/items/properties/until/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err128);
errors++;
}
}
else {
const err129 = {instancePath:instancePath+"/drift/suppress/" + i4+"/until",schemaPath:"#/properties/drift/properties/suppress/items/properties/until/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err129);
errors++;
}
}
if(data41.owner !== undefined){
let data46 = data41.owner;
if(typeof data46 === "string"){
if(func2(data46) > 253){
const err130 = {instancePath:instancePath+"/drift/suppress/" + i4+"/owner",schemaPath:"#/properties/drift/properties/suppress/items/properties/owner/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err130);
errors++;
}
if(func2(data46) < 1){
const err131 = {instancePath:instancePath+"/drift/suppress/" + i4+"/owner",schemaPath:"#/properties/drift/properties/suppress/items/properties/owner/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err131);
errors++;
}
if(!(formats0.test(data46))){
const err132 = {instancePath:instancePath+"/drift/suppress/" + i4+"/owner",schemaPath:"#/properties/drift/properties/suppress/items/properties/owner/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err132);
errors++;
}
}
else {
const err133 = {instancePath:instancePath+"/drift/suppress/" + i4+"/owner",schemaPath:"#/properties/drift/properties/suppress/items/properties/owner/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err133);
errors++;
}
}
if(data41.reason !== undefined){
let data47 = data41.reason;
if(typeof data47 === "string"){
if(func2(data47) > 1000){
const err134 = {instancePath:instancePath+"/drift/suppress/" + i4+"/reason",schemaPath:"#/properties/drift/properties/suppress/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 1000},message:"must NOT have more than 1000 characters"};
(vErrors ??= []).push(err134);
errors++;
}
if(func2(data47) < 1){
const err135 = {instancePath:instancePath+"/drift/suppress/" + i4+"/reason",schemaPath:"#/properties/drift/properties/suppress/items/properties/reason/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err135);
errors++;
}
if(!(formats0.test(data47))){
const err136 = {instancePath:instancePath+"/drift/suppress/" + i4+"/reason",schemaPath:"#/properties/drift/properties/suppress/items/properties/reason/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err136);
errors++;
}
}
else {
const err137 = {instancePath:instancePath+"/drift/suppress/" + i4+"/reason",schemaPath:"#/properties/drift/properties/suppress/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err137);
errors++;
}
}
}
else {
const err138 = {instancePath:instancePath+"/drift/suppress/" + i4,schemaPath:"#/properties/drift/properties/suppress/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err138);
errors++;
}
}
}
else {
const err139 = {instancePath:instancePath+"/drift/suppress",schemaPath:"#/properties/drift/properties/suppress/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err139);
errors++;
}
}
else {
const err140 = {instancePath:instancePath+"/drift",schemaPath:"#/properties/drift/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err140);
errors++;
}
}
else {
const err141 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err141);
errors++;
}
validate22.errors = vErrors;
return errors === 0;
}

export const validators = {
  document: withSchemas(validate21, schema6),
  config: withSchemas(validate22, schema7),
};
