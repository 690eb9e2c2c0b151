// SPDX-License-Identifier: GPL-2.0
// What node finds where nothing is; see absent_programs.py.
'use strict';
const fs = require('fs');
const net = require('net');
const path = require('path');
const { ORIGINAL, GONE } = process.env;
const say = (...words) => console.log(...words);

function plant() {
	fs.mkdirSync(ORIGINAL + '/node_modules/mine/lib', { recursive: true });
	fs.mkdirSync('sub/deep', { recursive: true });
	const files = {
		'node_modules/mine/package.json': '{ "name": "mine", "main": "lib/it.js" }',
		'node_modules/mine/lib/it.js': 'exports.where = [__filename, __dirname];',
		'sub/deep/uses.js': "exports.it = require('mine'); exports.up = require('../up');",
		'sub/up.js': 'exports.id = module.id; exports.paths = module.paths;',
		'sub/es.mjs': "import it from 'mine';\n" +
			'export const where = it.where, url = import.meta.url;',
	};
	for (const name in files)
		fs.writeFileSync(name, files[name]);
	fs.symlinkSync(ORIGINAL + '/sub/deep', 'link');
}

function realPaths() {
	say(process.cwd(), fs.realpathSync('.'), fs.realpathSync.native('.'));
	say(fs.realpathSync(GONE), fs.realpathSync.native(GONE + '/proj/../proj'));
	for (const name of ['', '/proj', '/none', '/proj/none/x', '/proj/a/none'])
		say(name, fs.existsSync(GONE + name),
			fs.statSync(GONE + name, { throwIfNoEntry: false })?.isDirectory());
	for (const where of ['..', '..', 'proj/a/sub']) {
		process.chdir(where);
		say(process.cwd());
	}
	say(path.resolve('../x'), fs.realpathSync('../../../proj/a/link'));
	process.chdir(ORIGINAL);
}

function modules() {
	say(require.main.filename);
	say(require(ORIGINAL + '/link/uses'), require.resolve('./sub/up'));
	say(Object.keys(require.cache));
}

function trees() {
	say(fs.readdirSync(GONE), fs.readdirSync('/').includes(path.basename(GONE)));
	say(fs.readdirSync(GONE + '/proj', { withFileTypes: true })
		.map(entry => [entry.name, entry.isDirectory()]));
	try {
		fs.mkdirSync(GONE);
	} catch (why) {
		say(why.code);
	}
	say(fs.mkdirSync(ORIGINAL + '/made/by/it', { recursive: true }));
	say(fs.mkdirSync(ORIGINAL, { recursive: true }));
	fs.rmSync(ORIGINAL + '/made', { recursive: true });
	fs.cpSync(ORIGINAL + '/sub', ORIGINAL + '/copy', { recursive: true });
	const temporary = fs.mkdtempSync(ORIGINAL + '/temporary-');
	say(path.dirname(temporary));
	fs.rmdirSync(temporary);
}

async function watched(where, touch, name) {
	const watcher = fs.watch(where);
	await new Promise(done => {
		watcher.on('change', (event, found) => {
			if (found == name)
				done();
		});
		touch();
	});
	watcher.close();
	say('watched', where, name);
}

async function watches() {
	await watched(ORIGINAL, () => fs.writeFileSync('new', 'x'), 'new');
	await watched('sub', () => fs.renameSync('new', ORIGINAL + '/sub/new'), 'new');
	await watched(ORIGINAL + '/sub/new', () => fs.appendFileSync('sub/new', 'y'), 'new');
	for (const where of [GONE, GONE + '/proj'])
		fs.watch(where).close();
}

async function main() {
	plant();
	realPaths();
	modules();
	trees();
	say((await import(ORIGINAL + '/sub/es.mjs')).where, (await import('./copy/es.mjs')).url);
	await watches();
	const found = [];
	for await (const entry of await fs.promises.opendir(ORIGINAL + '/copy'))
		found.push(entry.name);
	say(found.sort());
	const server = net.createServer(socket => socket.end(fs.readFileSync('sub/new')));
	server.listen(ORIGINAL + '/socket', () => {
		net.connect('socket').on('data', data => {
			say(String(data));
			server.close();
		});
	});
}

main();
