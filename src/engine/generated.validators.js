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
const schema8 = {"type":"object","required":["format_version","fettle_version","timestamp","project","complete","applyable","errored","resource_changes","rejected_changes","deferred_changes","prior_state","resource_drift","checks","gaps","summary"],"description":"A plan that `fettle plan -o FILE` writes.","properties":{"format_version":{"type":"string","pattern":"^1\\.[0-9]+$","description":"Version of this format; readers refuse another major version."},"fettle_version":{"type":"string","minLength":1},"timestamp":{"type":"string","format":"instant","description":"Time of the plan."},"project":{"type":"string","minLength":1},"complete":{"type":"boolean","description":"Nothing was left out: no gap, no target."},"targeted":{"type":"boolean","description":"Addresses were named or excluded, and the rest was not judged."},"causes":{"type":"array","items":{"enum":["new","edit","drift","orphan","time","progress","policy"]},"description":"The causes that `--cause` limits the plan to; absent for all."},"applyable":{"type":"boolean","description":"There are rows that would run."},"errored":{"type":"boolean"},"resource_changes":{"type":"array","description":"Changes that would run.","items":{"$ref":"#/definitions/ResourceChange"}},"rejected_changes":{"type":"array","description":"Unsafe changes that will not run.","items":{"$ref":"#/definitions/RefusedChange"}},"deferred_changes":{"type":"array","description":"Changes that have to wait.","items":{"$ref":"#/definitions/RefusedChange"}},"prior_state":{"type":"object","required":["resources"],"description":"The current state of every resource.","properties":{"resources":{"type":"array","items":{"type":"object","required":["address","type","state"],"properties":{"address":{"type":"string","minLength":1},"type":{"type":"string","minLength":1},"state":{"type":"string","minLength":1},"values":{}}}}}},"resource_drift":{"type":"array","description":"Differences of the current state from the last applied one.","items":{"type":"object","required":["address","change"],"properties":{"address":{"type":"string","minLength":1},"change":{"$ref":"#/definitions/ValueChange"}}}},"checks":{"type":"array","description":"Findings.","items":{"type":"object","required":["address","code","severity","message","facts"],"properties":{"address":{"type":"string","minLength":1},"code":{"type":"string","minLength":1},"severity":{"enum":["error","warning","info"]},"message":{"type":"string"},"facts":{"type":"object"}}}},"suppressed_checks":{"type":"array","description":"Findings that drift.suppress covers; left out where there are none.","items":{"type":"object","required":["address","code","severity","message","facts","suppressed"],"properties":{"address":{"type":"string","minLength":1},"code":{"type":"string","minLength":1},"severity":{"enum":["error","warning","info"]},"message":{"type":"string"},"facts":{"type":"object"},"suppressed":{"type":"object","required":["until","owner","reason"],"properties":{"until":{"type":"string","format":"instant"},"owner":{"type":"string"},"reason":{"type":"string"}}}}}},"gaps":{"type":"array","description":"Resources that could not be read.","items":{"type":"object","required":["plugin","scope","message"],"properties":{"plugin":{"type":"string","minLength":1},"scope":{"type":"string","minLength":1},"message":{"type":"string"},"since":{"type":"string","format":"instant"}}}},"unmanaged":{"type":"array","description":"Addresses of resources that exist and are neither declared nor owned.","items":{"type":"string","minLength":1}},"settled":{"type":"array","description":"Steps that an earlier run left open, with the outcome that the refresh found.","items":{"type":"object","required":["address","step","outcome"],"properties":{"address":{"type":"string","minLength":1},"step":{"type":"string","format":"step"},"outcome":{"type":"string","minLength":1}}}},"summary":{"type":"object","required":["add","change","step","remove","rejected","deferred","findings","unchanged"],"properties":{"resources":{"type":"integer","minimum":0},"plugins":{"type":"integer","minimum":0},"add":{"type":"integer","minimum":0},"change":{"type":"integer","minimum":0},"step":{"type":"integer","minimum":0},"remove":{"type":"integer","minimum":0},"rejected":{"type":"integer","minimum":0},"deferred":{"type":"integer","minimum":0},"findings":{"type":"integer","minimum":0},"unchanged":{"type":"integer","minimum":0},"unread":{"type":"integer","minimum":0,"description":"Covered by a gap, and therefore not judged."},"excluded":{"type":"integer","minimum":0,"description":"Changes of other causes; absent without `--cause`."}}},"summaries":{"type":"array","description":"Totals of each plugin.","items":{"type":"object","required":["plugin","title","lines","facts"],"properties":{"plugin":{"type":"string","minLength":1},"title":{"type":"string","minLength":1},"lines":{"type":"array","items":{"type":"string"}},"facts":{"type":"object"}}}},"plan_digest":{"type":"string","format":"digest","description":"Digest of everything that decides what the accepted rows do; absent if the log could not be read."},"log_head":{"type":"object","required":["seq","hash"],"description":"The last record of the log.","properties":{"seq":{"type":"integer","minimum":1},"hash":{"type":"string","minLength":1}}},"checksum":{"type":"string","format":"digest","description":"Digest of the whole saved plan except this field."}},"definitions":{"ValueChange":{"type":"object","required":["actions"],"properties":{"actions":{"type":"array","minItems":1,"items":{"enum":["create","update","delete","forget","no-op"]}},"before":{},"after":{},"before_sensitive":{},"after_sensitive":{}}},"ResourceChange":{"type":"object","required":["address","type","name","provider_name","change","step","goal","cause","because","basis"],"properties":{"address":{"type":"string","minLength":1},"type":{"type":"string","minLength":1},"name":{"type":"string","minLength":1},"provider_name":{"type":"string","minLength":1},"change":{"$ref":"#/definitions/ValueChange"},"step":{"type":"string","format":"step"},"goal":{"enum":["create","update","replace","remove","adopt","protect","release"]},"cause":{"enum":["new","edit","drift","orphan","time","progress","policy"]},"because":{"type":"string"},"reversible":{"enum":["yes","no","partly"]},"disruptive":{"const":true,"description":"The step interrupts a resource that is in use, for example by turning a server off."},"basis":{"type":"string","format":"digest","description":"Digest of the row, of everything that its approval covers, and of the current state."},"covers":{"type":"object","description":"Everything that decides what the row does, apart from the current state; part of the plan's digest.","properties":{"spec":{"description":"The whole spec, with defaults filled in, paths relative to the project, and ignored fields at their current values."},"lifecycle":{"type":"object"},"applied":{"type":"string","format":"digest","description":"Digest of the last applied spec, if the document was removed."},"rules":{"type":"array","items":{"type":"string"},"description":"Every rule that was evaluated."},"limits":{"type":"object","description":"Limits that the rules used, by rule."},"uses":{"type":"object","description":"Digests of the specs of other resources, by address."},"settings":{"type":"object","description":"Settings of the plugin that decide what the row does; secrets by the names of their references."},"files":{"type":"array","description":"Files whose content is sent, read or run.","items":{"type":"object","required":["path","use"],"properties":{"path":{"type":"string"},"use":{"enum":["send","read","run"]},"digest":{"type":"string","format":"digest"},"problem":{"type":"string"}}}},"commands":{"type":"array","items":{"type":"array","items":{"type":"string"}},"description":"Command lines that the row runs."},"values":{"type":"object","description":"Further values that decide, in the form that the kind defines."}}},"written":{"type":"array","items":{"type":"string"},"description":"JSON pointers to the spec fields that the document declares; the others are defaults."},"edits":{"type":"array","description":"Edits since the last apply that no difference from the current state shows.","items":{"type":"object","required":["path"],"properties":{"path":{"type":"string"},"before":{},"after":{}}}},"source":{"type":"object","required":["filename","start"],"properties":{"filename":{"type":"string"},"start":{"type":"object","required":["line","column"],"properties":{"line":{"type":"integer","minimum":1},"column":{"type":"integer","minimum":1}}}}},"warnings":{"type":"array","items":{"type":"string"}},"overrides":{"type":"array","items":{"type":"object","required":["rule","reason"],"properties":{"rule":{"type":"string","minLength":1},"reason":{"type":"string","minLength":1}}}}}},"RefusedChange":{"type":"object","required":["reason","resource_change","reasons"],"properties":{"reason":{"type":"string","minLength":1,"description":"The rule of the first reason."},"resource_change":{"$ref":"#/definitions/ResourceChange"},"reasons":{"type":"array","items":{"$ref":"#/definitions/Reason"}},"clears_at":{"type":"string","format":"instant"}}},"Reason":{"type":"object","required":["rule","message","facts","overridable"],"properties":{"rule":{"type":"string","minLength":1},"message":{"type":"string"},"facts":{"type":"object"},"observed_at":{"type":"string","format":"instant"},"clears_at":{"type":"string","format":"instant"},"remedy":{"type":"object"},"overridable":{"type":"boolean"}}}}};
const pattern3 = new RegExp("^1\\.[0-9]+$", "u");
const formats40 = /^(?:[^:>]+:)?[^:>]+>[^:>]+$/u;
const formats42 = /^sha256:[0-9a-f]{64}$/u;
const schema9 = {"type":"object","required":["address","type","name","provider_name","change","step","goal","cause","because","basis"],"properties":{"address":{"type":"string","minLength":1},"type":{"type":"string","minLength":1},"name":{"type":"string","minLength":1},"provider_name":{"type":"string","minLength":1},"change":{"$ref":"#/definitions/ValueChange"},"step":{"type":"string","format":"step"},"goal":{"enum":["create","update","replace","remove","adopt","protect","release"]},"cause":{"enum":["new","edit","drift","orphan","time","progress","policy"]},"because":{"type":"string"},"reversible":{"enum":["yes","no","partly"]},"disruptive":{"const":true,"description":"The step interrupts a resource that is in use, for example by turning a server off."},"basis":{"type":"string","format":"digest","description":"Digest of the row, of everything that its approval covers, and of the current state."},"covers":{"type":"object","description":"Everything that decides what the row does, apart from the current state; part of the plan's digest.","properties":{"spec":{"description":"The whole spec, with defaults filled in, paths relative to the project, and ignored fields at their current values."},"lifecycle":{"type":"object"},"applied":{"type":"string","format":"digest","description":"Digest of the last applied spec, if the document was removed."},"rules":{"type":"array","items":{"type":"string"},"description":"Every rule that was evaluated."},"limits":{"type":"object","description":"Limits that the rules used, by rule."},"uses":{"type":"object","description":"Digests of the specs of other resources, by address."},"settings":{"type":"object","description":"Settings of the plugin that decide what the row does; secrets by the names of their references."},"files":{"type":"array","description":"Files whose content is sent, read or run.","items":{"type":"object","required":["path","use"],"properties":{"path":{"type":"string"},"use":{"enum":["send","read","run"]},"digest":{"type":"string","format":"digest"},"problem":{"type":"string"}}}},"commands":{"type":"array","items":{"type":"array","items":{"type":"string"}},"description":"Command lines that the row runs."},"values":{"type":"object","description":"Further values that decide, in the form that the kind defines."}}},"written":{"type":"array","items":{"type":"string"},"description":"JSON pointers to the spec fields that the document declares; the others are defaults."},"edits":{"type":"array","description":"Edits since the last apply that no difference from the current state shows.","items":{"type":"object","required":["path"],"properties":{"path":{"type":"string"},"before":{},"after":{}}}},"source":{"type":"object","required":["filename","start"],"properties":{"filename":{"type":"string"},"start":{"type":"object","required":["line","column"],"properties":{"line":{"type":"integer","minimum":1},"column":{"type":"integer","minimum":1}}}}},"warnings":{"type":"array","items":{"type":"string"}},"overrides":{"type":"array","items":{"type":"object","required":["rule","reason"],"properties":{"rule":{"type":"string","minLength":1},"reason":{"type":"string","minLength":1}}}}}};
const schema10 = {"type":"object","required":["actions"],"properties":{"actions":{"type":"array","minItems":1,"items":{"enum":["create","update","delete","forget","no-op"]}},"before":{},"after":{},"before_sensitive":{},"after_sensitive":{}}};
function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.actions === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "actions"},message:"must have required property '"+"actions"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.actions !== undefined){
let data0 = data.actions;
if(Array.isArray(data0)){
if(data0.length < 1){
const err1 = {instancePath:instancePath+"/actions",schemaPath:"#/properties/actions/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
(vErrors ??= []).push(err1);
errors++;
}
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
let data1 = data0[i0];
if(!(((((data1 === "create") || (data1 === "update")) || (data1 === "delete")) || (data1 === "forget")) || (data1 === "no-op"))){
const err2 = {instancePath:instancePath+"/actions/" + i0,schemaPath:"#/properties/actions/items/enum",keyword:"enum",params:{allowedValues: schema10.properties.actions.items.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err2);
errors++;
}
}
}
else {
const err3 = {instancePath:instancePath+"/actions",schemaPath:"#/properties/actions/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err3);
errors++;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err4);
errors++;
}
validate25.errors = vErrors;
return errors === 0;
}
function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.address === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.type === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'"};
(vErrors ??= []).push(err1);
errors++;
}
if(data.name === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
(vErrors ??= []).push(err2);
errors++;
}
if(data.provider_name === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "provider_name"},message:"must have required property '"+"provider_name"+"'"};
(vErrors ??= []).push(err3);
errors++;
}
if(data.change === undefined){
const err4 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "change"},message:"must have required property '"+"change"+"'"};
(vErrors ??= []).push(err4);
errors++;
}
if(data.step === undefined){
const err5 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "step"},message:"must have required property '"+"step"+"'"};
(vErrors ??= []).push(err5);
errors++;
}
if(data.goal === undefined){
const err6 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "goal"},message:"must have required property '"+"goal"+"'"};
(vErrors ??= []).push(err6);
errors++;
}
if(data.cause === undefined){
const err7 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "cause"},message:"must have required property '"+"cause"+"'"};
(vErrors ??= []).push(err7);
errors++;
}
if(data.because === undefined){
const err8 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "because"},message:"must have required property '"+"because"+"'"};
(vErrors ??= []).push(err8);
errors++;
}
if(data.basis === undefined){
const err9 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "basis"},message:"must have required property '"+"basis"+"'"};
(vErrors ??= []).push(err9);
errors++;
}
if(data.address !== undefined){
let data0 = data.address;
if(typeof data0 === "string"){
if(func2(data0) < 1){
const err10 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err10);
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err11);
errors++;
}
}
if(data.type !== undefined){
let data1 = data.type;
if(typeof data1 === "string"){
if(func2(data1) < 1){
const err12 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err12);
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err13);
errors++;
}
}
if(data.name !== undefined){
let data2 = data.name;
if(typeof data2 === "string"){
if(func2(data2) < 1){
const err14 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err14);
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err15);
errors++;
}
}
if(data.provider_name !== undefined){
let data3 = data.provider_name;
if(typeof data3 === "string"){
if(func2(data3) < 1){
const err16 = {instancePath:instancePath+"/provider_name",schemaPath:"#/properties/provider_name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err16);
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/provider_name",schemaPath:"#/properties/provider_name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err17);
errors++;
}
}
if(data.change !== undefined){
if(!(validate25(data.change, {instancePath:instancePath+"/change",parentData:data,parentDataProperty:"change",rootData}))){
vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
errors = vErrors.length;
}
}
if(data.step !== undefined){
let data5 = data.step;
if(typeof data5 === "string"){
if(!(formats40.test(data5))){
const err18 = {instancePath:instancePath+"/step",schemaPath:"#/properties/step/format",keyword:"format",params:{format: "step"},message:"must match format \""+"step"+"\""};
(vErrors ??= []).push(err18);
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/step",schemaPath:"#/properties/step/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err19);
errors++;
}
}
if(data.goal !== undefined){
let data6 = data.goal;
if(!(((((((data6 === "create") || (data6 === "update")) || (data6 === "replace")) || (data6 === "remove")) || (data6 === "adopt")) || (data6 === "protect")) || (data6 === "release"))){
const err20 = {instancePath:instancePath+"/goal",schemaPath:"#/properties/goal/enum",keyword:"enum",params:{allowedValues: schema9.properties.goal.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err20);
errors++;
}
}
if(data.cause !== undefined){
let data7 = data.cause;
if(!(((((((data7 === "new") || (data7 === "edit")) || (data7 === "drift")) || (data7 === "orphan")) || (data7 === "time")) || (data7 === "progress")) || (data7 === "policy"))){
const err21 = {instancePath:instancePath+"/cause",schemaPath:"#/properties/cause/enum",keyword:"enum",params:{allowedValues: schema9.properties.cause.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err21);
errors++;
}
}
if(data.because !== undefined){
if(typeof data.because !== "string"){
const err22 = {instancePath:instancePath+"/because",schemaPath:"#/properties/because/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err22);
errors++;
}
}
if(data.reversible !== undefined){
let data9 = data.reversible;
if(!(((data9 === "yes") || (data9 === "no")) || (data9 === "partly"))){
const err23 = {instancePath:instancePath+"/reversible",schemaPath:"#/properties/reversible/enum",keyword:"enum",params:{allowedValues: schema9.properties.reversible.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err23);
errors++;
}
}
if(data.disruptive !== undefined){
if(true !== data.disruptive){
const err24 = {instancePath:instancePath+"/disruptive",schemaPath:"#/properties/disruptive/const",keyword:"const",params:{allowedValue: true},message:"must be equal to constant"};
(vErrors ??= []).push(err24);
errors++;
}
}
if(data.basis !== undefined){
let data11 = data.basis;
if(typeof data11 === "string"){
if(!(formats42.test(data11))){
const err25 = {instancePath:instancePath+"/basis",schemaPath:"#/properties/basis/format",keyword:"format",params:{format: "digest"},message:"must match format \""+"digest"+"\""};
(vErrors ??= []).push(err25);
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/basis",schemaPath:"#/properties/basis/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
if(data.covers !== undefined){
let data12 = data.covers;
if(data12 && typeof data12 == "object" && !Array.isArray(data12)){
if(data12.lifecycle !== undefined){
let data13 = data12.lifecycle;
if(!(data13 && typeof data13 == "object" && !Array.isArray(data13))){
const err27 = {instancePath:instancePath+"/covers/lifecycle",schemaPath:"#/properties/covers/properties/lifecycle/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err27);
errors++;
}
}
if(data12.applied !== undefined){
let data14 = data12.applied;
if(typeof data14 === "string"){
if(!(formats42.test(data14))){
const err28 = {instancePath:instancePath+"/covers/applied",schemaPath:"#/properties/covers/properties/applied/format",keyword:"format",params:{format: "digest"},message:"must match format \""+"digest"+"\""};
(vErrors ??= []).push(err28);
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/covers/applied",schemaPath:"#/properties/covers/properties/applied/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err29);
errors++;
}
}
if(data12.rules !== undefined){
let data15 = data12.rules;
if(Array.isArray(data15)){
const len0 = data15.length;
for(let i0=0; i0<len0; i0++){
if(typeof data15[i0] !== "string"){
const err30 = {instancePath:instancePath+"/covers/rules/" + i0,schemaPath:"#/properties/covers/properties/rules/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err30);
errors++;
}
}
}
else {
const err31 = {instancePath:instancePath+"/covers/rules",schemaPath:"#/properties/covers/properties/rules/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err31);
errors++;
}
}
if(data12.limits !== undefined){
let data17 = data12.limits;
if(!(data17 && typeof data17 == "object" && !Array.isArray(data17))){
const err32 = {instancePath:instancePath+"/covers/limits",schemaPath:"#/properties/covers/properties/limits/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err32);
errors++;
}
}
if(data12.uses !== undefined){
let data18 = data12.uses;
if(!(data18 && typeof data18 == "object" && !Array.isArray(data18))){
const err33 = {instancePath:instancePath+"/covers/uses",schemaPath:"#/properties/covers/properties/uses/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err33);
errors++;
}
}
if(data12.settings !== undefined){
let data19 = data12.settings;
if(!(data19 && typeof data19 == "object" && !Array.isArray(data19))){
const err34 = {instancePath:instancePath+"/covers/settings",schemaPath:"#/properties/covers/properties/settings/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err34);
errors++;
}
}
if(data12.files !== undefined){
let data20 = data12.files;
if(Array.isArray(data20)){
const len1 = data20.length;
for(let i1=0; i1<len1; i1++){
let data21 = data20[i1];
if(data21 && typeof data21 == "object" && !Array.isArray(data21)){
if(data21.path === undefined){
const err35 = {instancePath:instancePath+"/covers/files/" + i1,schemaPath:"#/properties/covers/properties/files/items/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'"};
(vErrors ??= []).push(err35);
errors++;
}
if(data21.use === undefined){
const err36 = {instancePath:instancePath+"/covers/files/" + i1,schemaPath:"#/properties/covers/properties/files/items/required",keyword:"required",params:{missingProperty: "use"},message:"must have required property '"+"use"+"'"};
(vErrors ??= []).push(err36);
errors++;
}
if(data21.path !== undefined){
if(typeof data21.path !== "string"){
const err37 = {instancePath:instancePath+"/covers/files/" + i1+"/path",schemaPath:"#/properties/covers/properties/files/items/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err37);
errors++;
}
}
if(data21.use !== undefined){
let data23 = data21.use;
if(!(((data23 === "send") || (data23 === "read")) || (data23 === "run"))){
const err38 = {instancePath:instancePath+"/covers/files/" + i1+"/use",schemaPath:"#/properties/covers/properties/files/items/properties/use/enum",keyword:"enum",params:{allowedValues: schema9.properties.covers.properties.files.items.properties.use.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err38);
errors++;
}
}
if(data21.digest !== undefined){
let data24 = data21.digest;
if(typeof data24 === "string"){
if(!(formats42.test(data24))){
const err39 = {instancePath:instancePath+"/covers/files/" + i1+"/digest",schemaPath:"#/properties/covers/properties/files/items/properties/digest/format",keyword:"format",params:{format: "digest"},message:"must match format \""+"digest"+"\""};
(vErrors ??= []).push(err39);
errors++;
}
}
else {
const err40 = {instancePath:instancePath+"/covers/files/" + i1+"/digest",schemaPath:"#/properties/covers/properties/files/items/properties/digest/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err40);
errors++;
}
}
if(data21.problem !== undefined){
if(typeof data21.problem !== "string"){
const err41 = {instancePath:instancePath+"/covers/files/" + i1+"/problem",schemaPath:"#/properties/covers/properties/files/items/properties/problem/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err41);
errors++;
}
}
}
else {
const err42 = {instancePath:instancePath+"/covers/files/" + i1,schemaPath:"#/properties/covers/properties/files/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err42);
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/covers/files",schemaPath:"#/properties/covers/properties/files/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err43);
errors++;
}
}
if(data12.commands !== undefined){
let data26 = data12.commands;
if(Array.isArray(data26)){
const len2 = data26.length;
for(let i2=0; i2<len2; i2++){
let data27 = data26[i2];
if(Array.isArray(data27)){
const len3 = data27.length;
for(let i3=0; i3<len3; i3++){
if(typeof data27[i3] !== "string"){
const err44 = {instancePath:instancePath+"/covers/commands/" + i2+"/" + i3,schemaPath:"#/properties/covers/properties/commands/items/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err44);
errors++;
}
}
}
else {
const err45 = {instancePath:instancePath+"/covers/commands/" + i2,schemaPath:"#/properties/covers/properties/commands/items/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err45);
errors++;
}
}
}
else {
const err46 = {instancePath:instancePath+"/covers/commands",schemaPath:"#/properties/covers/properties/commands/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err46);
errors++;
}
}
if(data12.values !== undefined){
let data29 = data12.values;
if(!(data29 && typeof data29 == "object" && !Array.isArray(data29))){
const err47 = {instancePath:instancePath+"/covers/values",schemaPath:"#/properties/covers/properties/values/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err47);
errors++;
}
}
}
else {
const err48 = {instancePath:instancePath+"/covers",schemaPath:"#/properties/covers/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err48);
errors++;
}
}
if(data.written !== undefined){
let data30 = data.written;
if(Array.isArray(data30)){
const len4 = data30.length;
for(let i4=0; i4<len4; i4++){
if(typeof data30[i4] !== "string"){
const err49 = {instancePath:instancePath+"/written/" + i4,schemaPath:"#/properties/written/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err49);
errors++;
}
}
}
else {
const err50 = {instancePath:instancePath+"/written",schemaPath:"#/properties/written/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err50);
errors++;
}
}
if(data.edits !== undefined){
let data32 = data.edits;
if(Array.isArray(data32)){
const len5 = data32.length;
for(let i5=0; i5<len5; i5++){
let data33 = data32[i5];
if(data33 && typeof data33 == "object" && !Array.isArray(data33)){
if(data33.path === undefined){
const err51 = {instancePath:instancePath+"/edits/" + i5,schemaPath:"#/properties/edits/items/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'"};
(vErrors ??= []).push(err51);
errors++;
}
if(data33.path !== undefined){
if(typeof data33.path !== "string"){
const err52 = {instancePath:instancePath+"/edits/" + i5+"/path",schemaPath:"#/properties/edits/items/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err52);
errors++;
}
}
}
else {
const err53 = {instancePath:instancePath+"/edits/" + i5,schemaPath:"#/properties/edits/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err53);
errors++;
}
}
}
else {
const err54 = {instancePath:instancePath+"/edits",schemaPath:"#/properties/edits/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err54);
errors++;
}
}
if(data.source !== undefined){
let data35 = data.source;
if(data35 && typeof data35 == "object" && !Array.isArray(data35)){
if(data35.filename === undefined){
const err55 = {instancePath:instancePath+"/source",schemaPath:"#/properties/source/required",keyword:"required",params:{missingProperty: "filename"},message:"must have required property '"+"filename"+"'"};
(vErrors ??= []).push(err55);
errors++;
}
if(data35.start === undefined){
const err56 = {instancePath:instancePath+"/source",schemaPath:"#/properties/source/required",keyword:"required",params:{missingProperty: "start"},message:"must have required property '"+"start"+"'"};
(vErrors ??= []).push(err56);
errors++;
}
if(data35.filename !== undefined){
if(typeof data35.filename !== "string"){
const err57 = {instancePath:instancePath+"/source/filename",schemaPath:"#/properties/source/properties/filename/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err57);
errors++;
}
}
if(data35.start !== undefined){
let data37 = data35.start;
if(data37 && typeof data37 == "object" && !Array.isArray(data37)){
if(data37.line === undefined){
const err58 = {instancePath:instancePath+"/source/start",schemaPath:"#/properties/source/properties/start/required",keyword:"required",params:{missingProperty: "line"},message:"must have required property '"+"line"+"'"};
(vErrors ??= []).push(err58);
errors++;
}
if(data37.column === undefined){
const err59 = {instancePath:instancePath+"/source/start",schemaPath:"#/properties/source/properties/start/required",keyword:"required",params:{missingProperty: "column"},message:"must have required property '"+"column"+"'"};
(vErrors ??= []).push(err59);
errors++;
}
if(data37.line !== undefined){
let data38 = data37.line;
if(!(((typeof data38 == "number") && (!(data38 % 1) && !isNaN(data38))) && (isFinite(data38)))){
const err60 = {instancePath:instancePath+"/source/start/line",schemaPath:"#/properties/source/properties/start/properties/line/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err60);
errors++;
}
if((typeof data38 == "number") && (isFinite(data38))){
if(data38 < 1 || isNaN(data38)){
const err61 = {instancePath:instancePath+"/source/start/line",schemaPath:"#/properties/source/properties/start/properties/line/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err61);
errors++;
}
}
}
if(data37.column !== undefined){
let data39 = data37.column;
if(!(((typeof data39 == "number") && (!(data39 % 1) && !isNaN(data39))) && (isFinite(data39)))){
const err62 = {instancePath:instancePath+"/source/start/column",schemaPath:"#/properties/source/properties/start/properties/column/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err62);
errors++;
}
if((typeof data39 == "number") && (isFinite(data39))){
if(data39 < 1 || isNaN(data39)){
const err63 = {instancePath:instancePath+"/source/start/column",schemaPath:"#/properties/source/properties/start/properties/column/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err63);
errors++;
}
}
}
}
else {
const err64 = {instancePath:instancePath+"/source/start",schemaPath:"#/properties/source/properties/start/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err64);
errors++;
}
}
}
else {
const err65 = {instancePath:instancePath+"/source",schemaPath:"#/properties/source/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err65);
errors++;
}
}
if(data.warnings !== undefined){
let data40 = data.warnings;
if(Array.isArray(data40)){
const len6 = data40.length;
for(let i6=0; i6<len6; i6++){
if(typeof data40[i6] !== "string"){
const err66 = {instancePath:instancePath+"/warnings/" + i6,schemaPath:"#/properties/warnings/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err66);
errors++;
}
}
}
else {
const err67 = {instancePath:instancePath+"/warnings",schemaPath:"#/properties/warnings/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err67);
errors++;
}
}
if(data.overrides !== undefined){
let data42 = data.overrides;
if(Array.isArray(data42)){
const len7 = data42.length;
for(let i7=0; i7<len7; i7++){
let data43 = data42[i7];
if(data43 && typeof data43 == "object" && !Array.isArray(data43)){
if(data43.rule === undefined){
const err68 = {instancePath:instancePath+"/overrides/" + i7,schemaPath:"#/properties/overrides/items/required",keyword:"required",params:{missingProperty: "rule"},message:"must have required property '"+"rule"+"'"};
(vErrors ??= []).push(err68);
errors++;
}
if(data43.reason === undefined){
const err69 = {instancePath:instancePath+"/overrides/" + i7,schemaPath:"#/properties/overrides/items/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
(vErrors ??= []).push(err69);
errors++;
}
if(data43.rule !== undefined){
let data44 = data43.rule;
if(typeof data44 === "string"){
if(func2(data44) < 1){
const err70 = {instancePath:instancePath+"/overrides/" + i7+"/rule",schemaPath:"#/properties/overrides/items/properties/rule/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err70);
errors++;
}
}
else {
const err71 = {instancePath:instancePath+"/overrides/" + i7+"/rule",schemaPath:"#/properties/overrides/items/properties/rule/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err71);
errors++;
}
}
if(data43.reason !== undefined){
let data45 = data43.reason;
if(typeof data45 === "string"){
if(func2(data45) < 1){
const err72 = {instancePath:instancePath+"/overrides/" + i7+"/reason",schemaPath:"#/properties/overrides/items/properties/reason/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err72);
errors++;
}
}
else {
const err73 = {instancePath:instancePath+"/overrides/" + i7+"/reason",schemaPath:"#/properties/overrides/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err73);
errors++;
}
}
}
else {
const err74 = {instancePath:instancePath+"/overrides/" + i7,schemaPath:"#/properties/overrides/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err74);
errors++;
}
}
}
else {
const err75 = {instancePath:instancePath+"/overrides",schemaPath:"#/properties/overrides/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err75);
errors++;
}
}
}
else {
const err76 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err76);
errors++;
}
validate24.errors = vErrors;
return errors === 0;
}
const schema11 = {"type":"object","required":["reason","resource_change","reasons"],"properties":{"reason":{"type":"string","minLength":1,"description":"The rule of the first reason."},"resource_change":{"$ref":"#/definitions/ResourceChange"},"reasons":{"type":"array","items":{"$ref":"#/definitions/Reason"}},"clears_at":{"type":"string","format":"instant"}}};
const schema12 = {"type":"object","required":["rule","message","facts","overridable"],"properties":{"rule":{"type":"string","minLength":1},"message":{"type":"string"},"facts":{"type":"object"},"observed_at":{"type":"string","format":"instant"},"clears_at":{"type":"string","format":"instant"},"remedy":{"type":"object"},"overridable":{"type":"boolean"}}};
function validate30(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.rule === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "rule"},message:"must have required property '"+"rule"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.message === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "message"},message:"must have required property '"+"message"+"'"};
(vErrors ??= []).push(err1);
errors++;
}
if(data.facts === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "facts"},message:"must have required property '"+"facts"+"'"};
(vErrors ??= []).push(err2);
errors++;
}
if(data.overridable === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "overridable"},message:"must have required property '"+"overridable"+"'"};
(vErrors ??= []).push(err3);
errors++;
}
if(data.rule !== undefined){
let data0 = data.rule;
if(typeof data0 === "string"){
if(func2(data0) < 1){
const err4 = {instancePath:instancePath+"/rule",schemaPath:"#/properties/rule/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err4);
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/rule",schemaPath:"#/properties/rule/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.message !== undefined){
if(typeof data.message !== "string"){
const err6 = {instancePath:instancePath+"/message",schemaPath:"#/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err6);
errors++;
}
}
if(data.facts !== undefined){
let data2 = data.facts;
if(!(data2 && typeof data2 == "object" && !Array.isArray(data2))){
const err7 = {instancePath:instancePath+"/facts",schemaPath:"#/properties/facts/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err7);
errors++;
}
}
if(data.observed_at !== undefined){
let data3 = data.observed_at;
if(typeof data3 === "string"){
if(!(formats24.test(data3))){
const err8 = {instancePath:instancePath+"/observed_at",schemaPath:"#/properties/observed_at/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err8);
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/observed_at",schemaPath:"#/properties/observed_at/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err9);
errors++;
}
}
if(data.clears_at !== undefined){
let data4 = data.clears_at;
if(typeof data4 === "string"){
if(!(formats24.test(data4))){
const err10 = {instancePath:instancePath+"/clears_at",schemaPath:"#/properties/clears_at/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err10);
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/clears_at",schemaPath:"#/properties/clears_at/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err11);
errors++;
}
}
if(data.remedy !== undefined){
let data5 = data.remedy;
if(!(data5 && typeof data5 == "object" && !Array.isArray(data5))){
const err12 = {instancePath:instancePath+"/remedy",schemaPath:"#/properties/remedy/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err12);
errors++;
}
}
if(data.overridable !== undefined){
if(typeof data.overridable !== "boolean"){
const err13 = {instancePath:instancePath+"/overridable",schemaPath:"#/properties/overridable/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err13);
errors++;
}
}
}
else {
const err14 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err14);
errors++;
}
validate30.errors = vErrors;
return errors === 0;
}
function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.reason === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.resource_change === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "resource_change"},message:"must have required property '"+"resource_change"+"'"};
(vErrors ??= []).push(err1);
errors++;
}
if(data.reasons === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "reasons"},message:"must have required property '"+"reasons"+"'"};
(vErrors ??= []).push(err2);
errors++;
}
if(data.reason !== undefined){
let data0 = data.reason;
if(typeof data0 === "string"){
if(func2(data0) < 1){
const err3 = {instancePath:instancePath+"/reason",schemaPath:"#/properties/reason/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err3);
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/reason",schemaPath:"#/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err4);
errors++;
}
}
if(data.resource_change !== undefined){
if(!(validate24(data.resource_change, {instancePath:instancePath+"/resource_change",parentData:data,parentDataProperty:"resource_change",rootData}))){
vErrors = vErrors === null ? validate24.errors : vErrors.concat(validate24.errors);
errors = vErrors.length;
}
}
if(data.reasons !== undefined){
let data2 = data.reasons;
if(Array.isArray(data2)){
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
if(!(validate30(data2[i0], {instancePath:instancePath+"/reasons/" + i0,parentData:data2,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate30.errors : vErrors.concat(validate30.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath:instancePath+"/reasons",schemaPath:"#/properties/reasons/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.clears_at !== undefined){
let data4 = data.clears_at;
if(typeof data4 === "string"){
if(!(formats24.test(data4))){
const err6 = {instancePath:instancePath+"/clears_at",schemaPath:"#/properties/clears_at/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err6);
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/clears_at",schemaPath:"#/properties/clears_at/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err7);
errors++;
}
}
}
else {
const err8 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err8);
errors++;
}
validate28.errors = vErrors;
return errors === 0;
}
function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.format_version === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "format_version"},message:"must have required property '"+"format_version"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.fettle_version === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "fettle_version"},message:"must have required property '"+"fettle_version"+"'"};
(vErrors ??= []).push(err1);
errors++;
}
if(data.timestamp === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "timestamp"},message:"must have required property '"+"timestamp"+"'"};
(vErrors ??= []).push(err2);
errors++;
}
if(data.project === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "project"},message:"must have required property '"+"project"+"'"};
(vErrors ??= []).push(err3);
errors++;
}
if(data.complete === undefined){
const err4 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "complete"},message:"must have required property '"+"complete"+"'"};
(vErrors ??= []).push(err4);
errors++;
}
if(data.applyable === undefined){
const err5 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "applyable"},message:"must have required property '"+"applyable"+"'"};
(vErrors ??= []).push(err5);
errors++;
}
if(data.errored === undefined){
const err6 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "errored"},message:"must have required property '"+"errored"+"'"};
(vErrors ??= []).push(err6);
errors++;
}
if(data.resource_changes === undefined){
const err7 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "resource_changes"},message:"must have required property '"+"resource_changes"+"'"};
(vErrors ??= []).push(err7);
errors++;
}
if(data.rejected_changes === undefined){
const err8 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "rejected_changes"},message:"must have required property '"+"rejected_changes"+"'"};
(vErrors ??= []).push(err8);
errors++;
}
if(data.deferred_changes === undefined){
const err9 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "deferred_changes"},message:"must have required property '"+"deferred_changes"+"'"};
(vErrors ??= []).push(err9);
errors++;
}
if(data.prior_state === undefined){
const err10 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "prior_state"},message:"must have required property '"+"prior_state"+"'"};
(vErrors ??= []).push(err10);
errors++;
}
if(data.resource_drift === undefined){
const err11 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "resource_drift"},message:"must have required property '"+"resource_drift"+"'"};
(vErrors ??= []).push(err11);
errors++;
}
if(data.checks === undefined){
const err12 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "checks"},message:"must have required property '"+"checks"+"'"};
(vErrors ??= []).push(err12);
errors++;
}
if(data.gaps === undefined){
const err13 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "gaps"},message:"must have required property '"+"gaps"+"'"};
(vErrors ??= []).push(err13);
errors++;
}
if(data.summary === undefined){
const err14 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "summary"},message:"must have required property '"+"summary"+"'"};
(vErrors ??= []).push(err14);
errors++;
}
if(data.format_version !== undefined){
let data0 = data.format_version;
if(typeof data0 === "string"){
if(!pattern3.test(data0)){
const err15 = {instancePath:instancePath+"/format_version",schemaPath:"#/properties/format_version/pattern",keyword:"pattern",params:{pattern: "^1\\.[0-9]+$"},message:"must match pattern \""+"^1\\.[0-9]+$"+"\""};
(vErrors ??= []).push(err15);
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/format_version",schemaPath:"#/properties/format_version/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err16);
errors++;
}
}
if(data.fettle_version !== undefined){
let data1 = data.fettle_version;
if(typeof data1 === "string"){
if(func2(data1) < 1){
const err17 = {instancePath:instancePath+"/fettle_version",schemaPath:"#/properties/fettle_version/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err17);
errors++;
}
}
else {
const err18 = {instancePath:instancePath+"/fettle_version",schemaPath:"#/properties/fettle_version/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err18);
errors++;
}
}
if(data.timestamp !== undefined){
let data2 = data.timestamp;
if(typeof data2 === "string"){
if(!(formats24.test(data2))){
const err19 = {instancePath:instancePath+"/timestamp",schemaPath:"#/properties/timestamp/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err19);
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/timestamp",schemaPath:"#/properties/timestamp/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err20);
errors++;
}
}
if(data.project !== undefined){
let data3 = data.project;
if(typeof data3 === "string"){
if(func2(data3) < 1){
const err21 = {instancePath:instancePath+"/project",schemaPath:"#/properties/project/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err21);
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/project",schemaPath:"#/properties/project/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err22);
errors++;
}
}
if(data.complete !== undefined){
if(typeof data.complete !== "boolean"){
const err23 = {instancePath:instancePath+"/complete",schemaPath:"#/properties/complete/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err23);
errors++;
}
}
if(data.targeted !== undefined){
if(typeof data.targeted !== "boolean"){
const err24 = {instancePath:instancePath+"/targeted",schemaPath:"#/properties/targeted/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err24);
errors++;
}
}
if(data.causes !== undefined){
let data6 = data.causes;
if(Array.isArray(data6)){
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(!(((((((data7 === "new") || (data7 === "edit")) || (data7 === "drift")) || (data7 === "orphan")) || (data7 === "time")) || (data7 === "progress")) || (data7 === "policy"))){
const err25 = {instancePath:instancePath+"/causes/" + i0,schemaPath:"#/properties/causes/items/enum",keyword:"enum",params:{allowedValues: schema8.properties.causes.items.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err25);
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/causes",schemaPath:"#/properties/causes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err26);
errors++;
}
}
if(data.applyable !== undefined){
if(typeof data.applyable !== "boolean"){
const err27 = {instancePath:instancePath+"/applyable",schemaPath:"#/properties/applyable/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err27);
errors++;
}
}
if(data.errored !== undefined){
if(typeof data.errored !== "boolean"){
const err28 = {instancePath:instancePath+"/errored",schemaPath:"#/properties/errored/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err28);
errors++;
}
}
if(data.resource_changes !== undefined){
let data10 = data.resource_changes;
if(Array.isArray(data10)){
const len1 = data10.length;
for(let i1=0; i1<len1; i1++){
if(!(validate24(data10[i1], {instancePath:instancePath+"/resource_changes/" + i1,parentData:data10,parentDataProperty:i1,rootData}))){
vErrors = vErrors === null ? validate24.errors : vErrors.concat(validate24.errors);
errors = vErrors.length;
}
}
}
else {
const err29 = {instancePath:instancePath+"/resource_changes",schemaPath:"#/properties/resource_changes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err29);
errors++;
}
}
if(data.rejected_changes !== undefined){
let data12 = data.rejected_changes;
if(Array.isArray(data12)){
const len2 = data12.length;
for(let i2=0; i2<len2; i2++){
if(!(validate28(data12[i2], {instancePath:instancePath+"/rejected_changes/" + i2,parentData:data12,parentDataProperty:i2,rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err30 = {instancePath:instancePath+"/rejected_changes",schemaPath:"#/properties/rejected_changes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err30);
errors++;
}
}
if(data.deferred_changes !== undefined){
let data14 = data.deferred_changes;
if(Array.isArray(data14)){
const len3 = data14.length;
for(let i3=0; i3<len3; i3++){
if(!(validate28(data14[i3], {instancePath:instancePath+"/deferred_changes/" + i3,parentData:data14,parentDataProperty:i3,rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err31 = {instancePath:instancePath+"/deferred_changes",schemaPath:"#/properties/deferred_changes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err31);
errors++;
}
}
if(data.prior_state !== undefined){
let data16 = data.prior_state;
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
if(data16.resources === undefined){
const err32 = {instancePath:instancePath+"/prior_state",schemaPath:"#/properties/prior_state/required",keyword:"required",params:{missingProperty: "resources"},message:"must have required property '"+"resources"+"'"};
(vErrors ??= []).push(err32);
errors++;
}
if(data16.resources !== undefined){
let data17 = data16.resources;
if(Array.isArray(data17)){
const len4 = data17.length;
for(let i4=0; i4<len4; i4++){
let data18 = data17[i4];
if(data18 && typeof data18 == "object" && !Array.isArray(data18)){
if(data18.address === undefined){
const err33 = {instancePath:instancePath+"/prior_state/resources/" + i4,schemaPath:"#/properties/prior_state/properties/resources/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err33);
errors++;
}
if(data18.type === undefined){
const err34 = {instancePath:instancePath+"/prior_state/resources/" + i4,schemaPath:"#/properties/prior_state/properties/resources/items/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'"};
(vErrors ??= []).push(err34);
errors++;
}
if(data18.state === undefined){
const err35 = {instancePath:instancePath+"/prior_state/resources/" + i4,schemaPath:"#/properties/prior_state/properties/resources/items/required",keyword:"required",params:{missingProperty: "state"},message:"must have required property '"+"state"+"'"};
(vErrors ??= []).push(err35);
errors++;
}
if(data18.address !== undefined){
let data19 = data18.address;
if(typeof data19 === "string"){
if(func2(data19) < 1){
const err36 = {instancePath:instancePath+"/prior_state/resources/" + i4+"/address",schemaPath:"#/properties/prior_state/properties/resources/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err36);
errors++;
}
}
else {
const err37 = {instancePath:instancePath+"/prior_state/resources/" + i4+"/address",schemaPath:"#/properties/prior_state/properties/resources/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err37);
errors++;
}
}
if(data18.type !== undefined){
let data20 = data18.type;
if(typeof data20 === "string"){
if(func2(data20) < 1){
const err38 = {instancePath:instancePath+"/prior_state/resources/" + i4+"/type",schemaPath:"#/properties/prior_state/properties/resources/items/properties/type/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err38);
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/prior_state/resources/" + i4+"/type",schemaPath:"#/properties/prior_state/properties/resources/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err39);
errors++;
}
}
if(data18.state !== undefined){
let data21 = data18.state;
if(typeof data21 === "string"){
if(func2(data21) < 1){
const err40 = {instancePath:instancePath+"/prior_state/resources/" + i4+"/state",schemaPath:"#/properties/prior_state/properties/resources/items/properties/state/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err40);
errors++;
}
}
else {
const err41 = {instancePath:instancePath+"/prior_state/resources/" + i4+"/state",schemaPath:"#/properties/prior_state/properties/resources/items/properties/state/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err41);
errors++;
}
}
}
else {
const err42 = {instancePath:instancePath+"/prior_state/resources/" + i4,schemaPath:"#/properties/prior_state/properties/resources/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err42);
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/prior_state/resources",schemaPath:"#/properties/prior_state/properties/resources/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err43);
errors++;
}
}
}
else {
const err44 = {instancePath:instancePath+"/prior_state",schemaPath:"#/properties/prior_state/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err44);
errors++;
}
}
if(data.resource_drift !== undefined){
let data22 = data.resource_drift;
if(Array.isArray(data22)){
const len5 = data22.length;
for(let i5=0; i5<len5; i5++){
let data23 = data22[i5];
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
if(data23.address === undefined){
const err45 = {instancePath:instancePath+"/resource_drift/" + i5,schemaPath:"#/properties/resource_drift/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err45);
errors++;
}
if(data23.change === undefined){
const err46 = {instancePath:instancePath+"/resource_drift/" + i5,schemaPath:"#/properties/resource_drift/items/required",keyword:"required",params:{missingProperty: "change"},message:"must have required property '"+"change"+"'"};
(vErrors ??= []).push(err46);
errors++;
}
if(data23.address !== undefined){
let data24 = data23.address;
if(typeof data24 === "string"){
if(func2(data24) < 1){
const err47 = {instancePath:instancePath+"/resource_drift/" + i5+"/address",schemaPath:"#/properties/resource_drift/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err47);
errors++;
}
}
else {
const err48 = {instancePath:instancePath+"/resource_drift/" + i5+"/address",schemaPath:"#/properties/resource_drift/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err48);
errors++;
}
}
if(data23.change !== undefined){
if(!(validate25(data23.change, {instancePath:instancePath+"/resource_drift/" + i5+"/change",parentData:data23,parentDataProperty:"change",rootData}))){
vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
errors = vErrors.length;
}
}
}
else {
const err49 = {instancePath:instancePath+"/resource_drift/" + i5,schemaPath:"#/properties/resource_drift/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err49);
errors++;
}
}
}
else {
const err50 = {instancePath:instancePath+"/resource_drift",schemaPath:"#/properties/resource_drift/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err50);
errors++;
}
}
if(data.checks !== undefined){
let data26 = data.checks;
if(Array.isArray(data26)){
const len6 = data26.length;
for(let i6=0; i6<len6; i6++){
let data27 = data26[i6];
if(data27 && typeof data27 == "object" && !Array.isArray(data27)){
if(data27.address === undefined){
const err51 = {instancePath:instancePath+"/checks/" + i6,schemaPath:"#/properties/checks/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err51);
errors++;
}
if(data27.code === undefined){
const err52 = {instancePath:instancePath+"/checks/" + i6,schemaPath:"#/properties/checks/items/required",keyword:"required",params:{missingProperty: "code"},message:"must have required property '"+"code"+"'"};
(vErrors ??= []).push(err52);
errors++;
}
if(data27.severity === undefined){
const err53 = {instancePath:instancePath+"/checks/" + i6,schemaPath:"#/properties/checks/items/required",keyword:"required",params:{missingProperty: "severity"},message:"must have required property '"+"severity"+"'"};
(vErrors ??= []).push(err53);
errors++;
}
if(data27.message === undefined){
const err54 = {instancePath:instancePath+"/checks/" + i6,schemaPath:"#/properties/checks/items/required",keyword:"required",params:{missingProperty: "message"},message:"must have required property '"+"message"+"'"};
(vErrors ??= []).push(err54);
errors++;
}
if(data27.facts === undefined){
const err55 = {instancePath:instancePath+"/checks/" + i6,schemaPath:"#/properties/checks/items/required",keyword:"required",params:{missingProperty: "facts"},message:"must have required property '"+"facts"+"'"};
(vErrors ??= []).push(err55);
errors++;
}
if(data27.address !== undefined){
let data28 = data27.address;
if(typeof data28 === "string"){
if(func2(data28) < 1){
const err56 = {instancePath:instancePath+"/checks/" + i6+"/address",schemaPath:"#/properties/checks/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err56);
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/checks/" + i6+"/address",schemaPath:"#/properties/checks/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err57);
errors++;
}
}
if(data27.code !== undefined){
let data29 = data27.code;
if(typeof data29 === "string"){
if(func2(data29) < 1){
const err58 = {instancePath:instancePath+"/checks/" + i6+"/code",schemaPath:"#/properties/checks/items/properties/code/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err58);
errors++;
}
}
else {
const err59 = {instancePath:instancePath+"/checks/" + i6+"/code",schemaPath:"#/properties/checks/items/properties/code/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err59);
errors++;
}
}
if(data27.severity !== undefined){
let data30 = data27.severity;
if(!(((data30 === "error") || (data30 === "warning")) || (data30 === "info"))){
const err60 = {instancePath:instancePath+"/checks/" + i6+"/severity",schemaPath:"#/properties/checks/items/properties/severity/enum",keyword:"enum",params:{allowedValues: schema8.properties.checks.items.properties.severity.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err60);
errors++;
}
}
if(data27.message !== undefined){
if(typeof data27.message !== "string"){
const err61 = {instancePath:instancePath+"/checks/" + i6+"/message",schemaPath:"#/properties/checks/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err61);
errors++;
}
}
if(data27.facts !== undefined){
let data32 = data27.facts;
if(!(data32 && typeof data32 == "object" && !Array.isArray(data32))){
const err62 = {instancePath:instancePath+"/checks/" + i6+"/facts",schemaPath:"#/properties/checks/items/properties/facts/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err62);
errors++;
}
}
}
else {
const err63 = {instancePath:instancePath+"/checks/" + i6,schemaPath:"#/properties/checks/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err63);
errors++;
}
}
}
else {
const err64 = {instancePath:instancePath+"/checks",schemaPath:"#/properties/checks/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err64);
errors++;
}
}
if(data.suppressed_checks !== undefined){
let data33 = data.suppressed_checks;
if(Array.isArray(data33)){
const len7 = data33.length;
for(let i7=0; i7<len7; i7++){
let data34 = data33[i7];
if(data34 && typeof data34 == "object" && !Array.isArray(data34)){
if(data34.address === undefined){
const err65 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err65);
errors++;
}
if(data34.code === undefined){
const err66 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/required",keyword:"required",params:{missingProperty: "code"},message:"must have required property '"+"code"+"'"};
(vErrors ??= []).push(err66);
errors++;
}
if(data34.severity === undefined){
const err67 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/required",keyword:"required",params:{missingProperty: "severity"},message:"must have required property '"+"severity"+"'"};
(vErrors ??= []).push(err67);
errors++;
}
if(data34.message === undefined){
const err68 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/required",keyword:"required",params:{missingProperty: "message"},message:"must have required property '"+"message"+"'"};
(vErrors ??= []).push(err68);
errors++;
}
if(data34.facts === undefined){
const err69 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/required",keyword:"required",params:{missingProperty: "facts"},message:"must have required property '"+"facts"+"'"};
(vErrors ??= []).push(err69);
errors++;
}
if(data34.suppressed === undefined){
const err70 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/required",keyword:"required",params:{missingProperty: "suppressed"},message:"must have required property '"+"suppressed"+"'"};
(vErrors ??= []).push(err70);
errors++;
}
if(data34.address !== undefined){
let data35 = data34.address;
if(typeof data35 === "string"){
if(func2(data35) < 1){
const err71 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/address",schemaPath:"#/properties/suppressed_checks/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err71);
errors++;
}
}
else {
const err72 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/address",schemaPath:"#/properties/suppressed_checks/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err72);
errors++;
}
}
if(data34.code !== undefined){
let data36 = data34.code;
if(typeof data36 === "string"){
if(func2(data36) < 1){
const err73 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/code",schemaPath:"#/properties/suppressed_checks/items/properties/code/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err73);
errors++;
}
}
else {
const err74 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/code",schemaPath:"#/properties/suppressed_checks/items/properties/code/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err74);
errors++;
}
}
if(data34.severity !== undefined){
let data37 = data34.severity;
if(!(((data37 === "error") || (data37 === "warning")) || (data37 === "info"))){
const err75 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/severity",schemaPath:"#/properties/suppressed_checks/items/properties/severity/enum",keyword:"enum",params:{allowedValues: schema8.properties.suppressed_checks.items.properties.severity.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err75);
errors++;
}
}
if(data34.message !== undefined){
if(typeof data34.message !== "string"){
const err76 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/message",schemaPath:"#/properties/suppressed_checks/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err76);
errors++;
}
}
if(data34.facts !== undefined){
let data39 = data34.facts;
if(!(data39 && typeof data39 == "object" && !Array.isArray(data39))){
const err77 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/facts",schemaPath:"#/properties/suppressed_checks/items/properties/facts/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err77);
errors++;
}
}
if(data34.suppressed !== undefined){
let data40 = data34.suppressed;
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
if(data40.until === undefined){
const err78 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/required",keyword:"required",params:{missingProperty: "until"},message:"must have required property '"+"until"+"'"};
(vErrors ??= []).push(err78);
errors++;
}
if(data40.owner === undefined){
const err79 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/required",keyword:"required",params:{missingProperty: "owner"},message:"must have required property '"+"owner"+"'"};
(vErrors ??= []).push(err79);
errors++;
}
if(data40.reason === undefined){
const err80 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
(vErrors ??= []).push(err80);
errors++;
}
if(data40.until !== undefined){
let data41 = data40.until;
if(typeof data41 === "string"){
if(!(formats24.test(data41))){
const err81 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed/until",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/properties/until/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err81);
errors++;
}
}
else {
const err82 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed/until",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/properties/until/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err82);
errors++;
}
}
if(data40.owner !== undefined){
if(typeof data40.owner !== "string"){
const err83 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed/owner",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/properties/owner/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err83);
errors++;
}
}
if(data40.reason !== undefined){
if(typeof data40.reason !== "string"){
const err84 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed/reason",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err84);
errors++;
}
}
}
else {
const err85 = {instancePath:instancePath+"/suppressed_checks/" + i7+"/suppressed",schemaPath:"#/properties/suppressed_checks/items/properties/suppressed/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err85);
errors++;
}
}
}
else {
const err86 = {instancePath:instancePath+"/suppressed_checks/" + i7,schemaPath:"#/properties/suppressed_checks/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err86);
errors++;
}
}
}
else {
const err87 = {instancePath:instancePath+"/suppressed_checks",schemaPath:"#/properties/suppressed_checks/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err87);
errors++;
}
}
if(data.gaps !== undefined){
let data44 = data.gaps;
if(Array.isArray(data44)){
const len8 = data44.length;
for(let i8=0; i8<len8; i8++){
let data45 = data44[i8];
if(data45 && typeof data45 == "object" && !Array.isArray(data45)){
if(data45.plugin === undefined){
const err88 = {instancePath:instancePath+"/gaps/" + i8,schemaPath:"#/properties/gaps/items/required",keyword:"required",params:{missingProperty: "plugin"},message:"must have required property '"+"plugin"+"'"};
(vErrors ??= []).push(err88);
errors++;
}
if(data45.scope === undefined){
const err89 = {instancePath:instancePath+"/gaps/" + i8,schemaPath:"#/properties/gaps/items/required",keyword:"required",params:{missingProperty: "scope"},message:"must have required property '"+"scope"+"'"};
(vErrors ??= []).push(err89);
errors++;
}
if(data45.message === undefined){
const err90 = {instancePath:instancePath+"/gaps/" + i8,schemaPath:"#/properties/gaps/items/required",keyword:"required",params:{missingProperty: "message"},message:"must have required property '"+"message"+"'"};
(vErrors ??= []).push(err90);
errors++;
}
if(data45.plugin !== undefined){
let data46 = data45.plugin;
if(typeof data46 === "string"){
if(func2(data46) < 1){
const err91 = {instancePath:instancePath+"/gaps/" + i8+"/plugin",schemaPath:"#/properties/gaps/items/properties/plugin/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err91);
errors++;
}
}
else {
const err92 = {instancePath:instancePath+"/gaps/" + i8+"/plugin",schemaPath:"#/properties/gaps/items/properties/plugin/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err92);
errors++;
}
}
if(data45.scope !== undefined){
let data47 = data45.scope;
if(typeof data47 === "string"){
if(func2(data47) < 1){
const err93 = {instancePath:instancePath+"/gaps/" + i8+"/scope",schemaPath:"#/properties/gaps/items/properties/scope/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err93);
errors++;
}
}
else {
const err94 = {instancePath:instancePath+"/gaps/" + i8+"/scope",schemaPath:"#/properties/gaps/items/properties/scope/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err94);
errors++;
}
}
if(data45.message !== undefined){
if(typeof data45.message !== "string"){
const err95 = {instancePath:instancePath+"/gaps/" + i8+"/message",schemaPath:"#/properties/gaps/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err95);
errors++;
}
}
if(data45.since !== undefined){
let data49 = data45.since;
if(typeof data49 === "string"){
if(!(formats24.test(data49))){
const err96 = {instancePath:instancePath+"/gaps/" + i8+"/since",schemaPath:"#/properties/gaps/items/properties/since/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err96);
errors++;
}
}
else {
const err97 = {instancePath:instancePath+"/gaps/" + i8+"/since",schemaPath:"#/properties/gaps/items/properties/since/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err97);
errors++;
}
}
}
else {
const err98 = {instancePath:instancePath+"/gaps/" + i8,schemaPath:"#/properties/gaps/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err98);
errors++;
}
}
}
else {
const err99 = {instancePath:instancePath+"/gaps",schemaPath:"#/properties/gaps/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err99);
errors++;
}
}
if(data.unmanaged !== undefined){
let data50 = data.unmanaged;
if(Array.isArray(data50)){
const len9 = data50.length;
for(let i9=0; i9<len9; i9++){
let data51 = data50[i9];
if(typeof data51 === "string"){
if(func2(data51) < 1){
const err100 = {instancePath:instancePath+"/unmanaged/" + i9,schemaPath:"#/properties/unmanaged/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err100);
errors++;
}
}
else {
const err101 = {instancePath:instancePath+"/unmanaged/" + i9,schemaPath:"#/properties/unmanaged/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err101);
errors++;
}
}
}
else {
const err102 = {instancePath:instancePath+"/unmanaged",schemaPath:"#/properties/unmanaged/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err102);
errors++;
}
}
if(data.settled !== undefined){
let data52 = data.settled;
if(Array.isArray(data52)){
const len10 = data52.length;
for(let i10=0; i10<len10; i10++){
let data53 = data52[i10];
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
if(data53.address === undefined){
const err103 = {instancePath:instancePath+"/settled/" + i10,schemaPath:"#/properties/settled/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'"};
(vErrors ??= []).push(err103);
errors++;
}
if(data53.step === undefined){
const err104 = {instancePath:instancePath+"/settled/" + i10,schemaPath:"#/properties/settled/items/required",keyword:"required",params:{missingProperty: "step"},message:"must have required property '"+"step"+"'"};
(vErrors ??= []).push(err104);
errors++;
}
if(data53.outcome === undefined){
const err105 = {instancePath:instancePath+"/settled/" + i10,schemaPath:"#/properties/settled/items/required",keyword:"required",params:{missingProperty: "outcome"},message:"must have required property '"+"outcome"+"'"};
(vErrors ??= []).push(err105);
errors++;
}
if(data53.address !== undefined){
let data54 = data53.address;
if(typeof data54 === "string"){
if(func2(data54) < 1){
const err106 = {instancePath:instancePath+"/settled/" + i10+"/address",schemaPath:"#/properties/settled/items/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err106);
errors++;
}
}
else {
const err107 = {instancePath:instancePath+"/settled/" + i10+"/address",schemaPath:"#/properties/settled/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err107);
errors++;
}
}
if(data53.step !== undefined){
let data55 = data53.step;
if(typeof data55 === "string"){
if(!(formats40.test(data55))){
const err108 = {instancePath:instancePath+"/settled/" + i10+"/step",schemaPath:"#/properties/settled/items/properties/step/format",keyword:"format",params:{format: "step"},message:"must match format \""+"step"+"\""};
(vErrors ??= []).push(err108);
errors++;
}
}
else {
const err109 = {instancePath:instancePath+"/settled/" + i10+"/step",schemaPath:"#/properties/settled/items/properties/step/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err109);
errors++;
}
}
if(data53.outcome !== undefined){
let data56 = data53.outcome;
if(typeof data56 === "string"){
if(func2(data56) < 1){
const err110 = {instancePath:instancePath+"/settled/" + i10+"/outcome",schemaPath:"#/properties/settled/items/properties/outcome/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err110);
errors++;
}
}
else {
const err111 = {instancePath:instancePath+"/settled/" + i10+"/outcome",schemaPath:"#/properties/settled/items/properties/outcome/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err111);
errors++;
}
}
}
else {
const err112 = {instancePath:instancePath+"/settled/" + i10,schemaPath:"#/properties/settled/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err112);
errors++;
}
}
}
else {
const err113 = {instancePath:instancePath+"/settled",schemaPath:"#/properties/settled/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err113);
errors++;
}
}
if(data.summary !== undefined){
let data57 = data.summary;
if(data57 && typeof data57 == "object" && !Array.isArray(data57)){
if(data57.add === undefined){
const err114 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "add"},message:"must have required property '"+"add"+"'"};
(vErrors ??= []).push(err114);
errors++;
}
if(data57.change === undefined){
const err115 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "change"},message:"must have required property '"+"change"+"'"};
(vErrors ??= []).push(err115);
errors++;
}
if(data57.step === undefined){
const err116 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "step"},message:"must have required property '"+"step"+"'"};
(vErrors ??= []).push(err116);
errors++;
}
if(data57.remove === undefined){
const err117 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "remove"},message:"must have required property '"+"remove"+"'"};
(vErrors ??= []).push(err117);
errors++;
}
if(data57.rejected === undefined){
const err118 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "rejected"},message:"must have required property '"+"rejected"+"'"};
(vErrors ??= []).push(err118);
errors++;
}
if(data57.deferred === undefined){
const err119 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "deferred"},message:"must have required property '"+"deferred"+"'"};
(vErrors ??= []).push(err119);
errors++;
}
if(data57.findings === undefined){
const err120 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "findings"},message:"must have required property '"+"findings"+"'"};
(vErrors ??= []).push(err120);
errors++;
}
if(data57.unchanged === undefined){
const err121 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/required",keyword:"required",params:{missingProperty: "unchanged"},message:"must have required property '"+"unchanged"+"'"};
(vErrors ??= []).push(err121);
errors++;
}
if(data57.resources !== undefined){
let data58 = data57.resources;
if(!(((typeof data58 == "number") && (!(data58 % 1) && !isNaN(data58))) && (isFinite(data58)))){
const err122 = {instancePath:instancePath+"/summary/resources",schemaPath:"#/properties/summary/properties/resources/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err122);
errors++;
}
if((typeof data58 == "number") && (isFinite(data58))){
if(data58 < 0 || isNaN(data58)){
const err123 = {instancePath:instancePath+"/summary/resources",schemaPath:"#/properties/summary/properties/resources/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err123);
errors++;
}
}
}
if(data57.plugins !== undefined){
let data59 = data57.plugins;
if(!(((typeof data59 == "number") && (!(data59 % 1) && !isNaN(data59))) && (isFinite(data59)))){
const err124 = {instancePath:instancePath+"/summary/plugins",schemaPath:"#/properties/summary/properties/plugins/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err124);
errors++;
}
if((typeof data59 == "number") && (isFinite(data59))){
if(data59 < 0 || isNaN(data59)){
const err125 = {instancePath:instancePath+"/summary/plugins",schemaPath:"#/properties/summary/properties/plugins/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err125);
errors++;
}
}
}
if(data57.add !== undefined){
let data60 = data57.add;
if(!(((typeof data60 == "number") && (!(data60 % 1) && !isNaN(data60))) && (isFinite(data60)))){
const err126 = {instancePath:instancePath+"/summary/add",schemaPath:"#/properties/summary/properties/add/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err126);
errors++;
}
if((typeof data60 == "number") && (isFinite(data60))){
if(data60 < 0 || isNaN(data60)){
const err127 = {instancePath:instancePath+"/summary/add",schemaPath:"#/properties/summary/properties/add/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err127);
errors++;
}
}
}
if(data57.change !== undefined){
let data61 = data57.change;
if(!(((typeof data61 == "number") && (!(data61 % 1) && !isNaN(data61))) && (isFinite(data61)))){
const err128 = {instancePath:instancePath+"/summary/change",schemaPath:"#/properties/summary/properties/change/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err128);
errors++;
}
if((typeof data61 == "number") && (isFinite(data61))){
if(data61 < 0 || isNaN(data61)){
const err129 = {instancePath:instancePath+"/summary/change",schemaPath:"#/properties/summary/properties/change/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err129);
errors++;
}
}
}
if(data57.step !== undefined){
let data62 = data57.step;
if(!(((typeof data62 == "number") && (!(data62 % 1) && !isNaN(data62))) && (isFinite(data62)))){
const err130 = {instancePath:instancePath+"/summary/step",schemaPath:"#/properties/summary/properties/step/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err130);
errors++;
}
if((typeof data62 == "number") && (isFinite(data62))){
if(data62 < 0 || isNaN(data62)){
const err131 = {instancePath:instancePath+"/summary/step",schemaPath:"#/properties/summary/properties/step/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err131);
errors++;
}
}
}
if(data57.remove !== undefined){
let data63 = data57.remove;
if(!(((typeof data63 == "number") && (!(data63 % 1) && !isNaN(data63))) && (isFinite(data63)))){
const err132 = {instancePath:instancePath+"/summary/remove",schemaPath:"#/properties/summary/properties/remove/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err132);
errors++;
}
if((typeof data63 == "number") && (isFinite(data63))){
if(data63 < 0 || isNaN(data63)){
const err133 = {instancePath:instancePath+"/summary/remove",schemaPath:"#/properties/summary/properties/remove/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err133);
errors++;
}
}
}
if(data57.rejected !== undefined){
let data64 = data57.rejected;
if(!(((typeof data64 == "number") && (!(data64 % 1) && !isNaN(data64))) && (isFinite(data64)))){
const err134 = {instancePath:instancePath+"/summary/rejected",schemaPath:"#/properties/summary/properties/rejected/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err134);
errors++;
}
if((typeof data64 == "number") && (isFinite(data64))){
if(data64 < 0 || isNaN(data64)){
const err135 = {instancePath:instancePath+"/summary/rejected",schemaPath:"#/properties/summary/properties/rejected/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err135);
errors++;
}
}
}
if(data57.deferred !== undefined){
let data65 = data57.deferred;
if(!(((typeof data65 == "number") && (!(data65 % 1) && !isNaN(data65))) && (isFinite(data65)))){
const err136 = {instancePath:instancePath+"/summary/deferred",schemaPath:"#/properties/summary/properties/deferred/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err136);
errors++;
}
if((typeof data65 == "number") && (isFinite(data65))){
if(data65 < 0 || isNaN(data65)){
const err137 = {instancePath:instancePath+"/summary/deferred",schemaPath:"#/properties/summary/properties/deferred/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err137);
errors++;
}
}
}
if(data57.findings !== undefined){
let data66 = data57.findings;
if(!(((typeof data66 == "number") && (!(data66 % 1) && !isNaN(data66))) && (isFinite(data66)))){
const err138 = {instancePath:instancePath+"/summary/findings",schemaPath:"#/properties/summary/properties/findings/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err138);
errors++;
}
if((typeof data66 == "number") && (isFinite(data66))){
if(data66 < 0 || isNaN(data66)){
const err139 = {instancePath:instancePath+"/summary/findings",schemaPath:"#/properties/summary/properties/findings/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err139);
errors++;
}
}
}
if(data57.unchanged !== undefined){
let data67 = data57.unchanged;
if(!(((typeof data67 == "number") && (!(data67 % 1) && !isNaN(data67))) && (isFinite(data67)))){
const err140 = {instancePath:instancePath+"/summary/unchanged",schemaPath:"#/properties/summary/properties/unchanged/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err140);
errors++;
}
if((typeof data67 == "number") && (isFinite(data67))){
if(data67 < 0 || isNaN(data67)){
const err141 = {instancePath:instancePath+"/summary/unchanged",schemaPath:"#/properties/summary/properties/unchanged/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err141);
errors++;
}
}
}
if(data57.unread !== undefined){
let data68 = data57.unread;
if(!(((typeof data68 == "number") && (!(data68 % 1) && !isNaN(data68))) && (isFinite(data68)))){
const err142 = {instancePath:instancePath+"/summary/unread",schemaPath:"#/properties/summary/properties/unread/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err142);
errors++;
}
if((typeof data68 == "number") && (isFinite(data68))){
if(data68 < 0 || isNaN(data68)){
const err143 = {instancePath:instancePath+"/summary/unread",schemaPath:"#/properties/summary/properties/unread/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err143);
errors++;
}
}
}
if(data57.excluded !== undefined){
let data69 = data57.excluded;
if(!(((typeof data69 == "number") && (!(data69 % 1) && !isNaN(data69))) && (isFinite(data69)))){
const err144 = {instancePath:instancePath+"/summary/excluded",schemaPath:"#/properties/summary/properties/excluded/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err144);
errors++;
}
if((typeof data69 == "number") && (isFinite(data69))){
if(data69 < 0 || isNaN(data69)){
const err145 = {instancePath:instancePath+"/summary/excluded",schemaPath:"#/properties/summary/properties/excluded/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err145);
errors++;
}
}
}
}
else {
const err146 = {instancePath:instancePath+"/summary",schemaPath:"#/properties/summary/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err146);
errors++;
}
}
if(data.summaries !== undefined){
let data70 = data.summaries;
if(Array.isArray(data70)){
const len11 = data70.length;
for(let i11=0; i11<len11; i11++){
let data71 = data70[i11];
if(data71 && typeof data71 == "object" && !Array.isArray(data71)){
if(data71.plugin === undefined){
const err147 = {instancePath:instancePath+"/summaries/" + i11,schemaPath:"#/properties/summaries/items/required",keyword:"required",params:{missingProperty: "plugin"},message:"must have required property '"+"plugin"+"'"};
(vErrors ??= []).push(err147);
errors++;
}
if(data71.title === undefined){
const err148 = {instancePath:instancePath+"/summaries/" + i11,schemaPath:"#/properties/summaries/items/required",keyword:"required",params:{missingProperty: "title"},message:"must have required property '"+"title"+"'"};
(vErrors ??= []).push(err148);
errors++;
}
if(data71.lines === undefined){
const err149 = {instancePath:instancePath+"/summaries/" + i11,schemaPath:"#/properties/summaries/items/required",keyword:"required",params:{missingProperty: "lines"},message:"must have required property '"+"lines"+"'"};
(vErrors ??= []).push(err149);
errors++;
}
if(data71.facts === undefined){
const err150 = {instancePath:instancePath+"/summaries/" + i11,schemaPath:"#/properties/summaries/items/required",keyword:"required",params:{missingProperty: "facts"},message:"must have required property '"+"facts"+"'"};
(vErrors ??= []).push(err150);
errors++;
}
if(data71.plugin !== undefined){
let data72 = data71.plugin;
if(typeof data72 === "string"){
if(func2(data72) < 1){
const err151 = {instancePath:instancePath+"/summaries/" + i11+"/plugin",schemaPath:"#/properties/summaries/items/properties/plugin/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err151);
errors++;
}
}
else {
const err152 = {instancePath:instancePath+"/summaries/" + i11+"/plugin",schemaPath:"#/properties/summaries/items/properties/plugin/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err152);
errors++;
}
}
if(data71.title !== undefined){
let data73 = data71.title;
if(typeof data73 === "string"){
if(func2(data73) < 1){
const err153 = {instancePath:instancePath+"/summaries/" + i11+"/title",schemaPath:"#/properties/summaries/items/properties/title/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err153);
errors++;
}
}
else {
const err154 = {instancePath:instancePath+"/summaries/" + i11+"/title",schemaPath:"#/properties/summaries/items/properties/title/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err154);
errors++;
}
}
if(data71.lines !== undefined){
let data74 = data71.lines;
if(Array.isArray(data74)){
const len12 = data74.length;
for(let i12=0; i12<len12; i12++){
if(typeof data74[i12] !== "string"){
const err155 = {instancePath:instancePath+"/summaries/" + i11+"/lines/" + i12,schemaPath:"#/properties/summaries/items/properties/lines/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err155);
errors++;
}
}
}
else {
const err156 = {instancePath:instancePath+"/summaries/" + i11+"/lines",schemaPath:"#/properties/summaries/items/properties/lines/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err156);
errors++;
}
}
if(data71.facts !== undefined){
let data76 = data71.facts;
if(!(data76 && typeof data76 == "object" && !Array.isArray(data76))){
const err157 = {instancePath:instancePath+"/summaries/" + i11+"/facts",schemaPath:"#/properties/summaries/items/properties/facts/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err157);
errors++;
}
}
}
else {
const err158 = {instancePath:instancePath+"/summaries/" + i11,schemaPath:"#/properties/summaries/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err158);
errors++;
}
}
}
else {
const err159 = {instancePath:instancePath+"/summaries",schemaPath:"#/properties/summaries/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err159);
errors++;
}
}
if(data.plan_digest !== undefined){
let data77 = data.plan_digest;
if(typeof data77 === "string"){
if(!(formats42.test(data77))){
const err160 = {instancePath:instancePath+"/plan_digest",schemaPath:"#/properties/plan_digest/format",keyword:"format",params:{format: "digest"},message:"must match format \""+"digest"+"\""};
(vErrors ??= []).push(err160);
errors++;
}
}
else {
const err161 = {instancePath:instancePath+"/plan_digest",schemaPath:"#/properties/plan_digest/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err161);
errors++;
}
}
if(data.log_head !== undefined){
let data78 = data.log_head;
if(data78 && typeof data78 == "object" && !Array.isArray(data78)){
if(data78.seq === undefined){
const err162 = {instancePath:instancePath+"/log_head",schemaPath:"#/properties/log_head/required",keyword:"required",params:{missingProperty: "seq"},message:"must have required property '"+"seq"+"'"};
(vErrors ??= []).push(err162);
errors++;
}
if(data78.hash === undefined){
const err163 = {instancePath:instancePath+"/log_head",schemaPath:"#/properties/log_head/required",keyword:"required",params:{missingProperty: "hash"},message:"must have required property '"+"hash"+"'"};
(vErrors ??= []).push(err163);
errors++;
}
if(data78.seq !== undefined){
let data79 = data78.seq;
if(!(((typeof data79 == "number") && (!(data79 % 1) && !isNaN(data79))) && (isFinite(data79)))){
const err164 = {instancePath:instancePath+"/log_head/seq",schemaPath:"#/properties/log_head/properties/seq/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err164);
errors++;
}
if((typeof data79 == "number") && (isFinite(data79))){
if(data79 < 1 || isNaN(data79)){
const err165 = {instancePath:instancePath+"/log_head/seq",schemaPath:"#/properties/log_head/properties/seq/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err165);
errors++;
}
}
}
if(data78.hash !== undefined){
let data80 = data78.hash;
if(typeof data80 === "string"){
if(func2(data80) < 1){
const err166 = {instancePath:instancePath+"/log_head/hash",schemaPath:"#/properties/log_head/properties/hash/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err166);
errors++;
}
}
else {
const err167 = {instancePath:instancePath+"/log_head/hash",schemaPath:"#/properties/log_head/properties/hash/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err167);
errors++;
}
}
}
else {
const err168 = {instancePath:instancePath+"/log_head",schemaPath:"#/properties/log_head/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err168);
errors++;
}
}
if(data.checksum !== undefined){
let data81 = data.checksum;
if(typeof data81 === "string"){
if(!(formats42.test(data81))){
const err169 = {instancePath:instancePath+"/checksum",schemaPath:"#/properties/checksum/format",keyword:"format",params:{format: "digest"},message:"must match format \""+"digest"+"\""};
(vErrors ??= []).push(err169);
errors++;
}
}
else {
const err170 = {instancePath:instancePath+"/checksum",schemaPath:"#/properties/checksum/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err170);
errors++;
}
}
}
else {
const err171 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err171);
errors++;
}
validate23.errors = vErrors;
return errors === 0;
}

export const validators = {
  document: withSchemas(validate21, schema6),
  config: withSchemas(validate22, schema7),
  plan: validate23,
};
