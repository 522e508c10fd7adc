BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	password TEXT NOT NULL, 
	role TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_name UNIQUE (name)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0009');
CREATE TABLE annotations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	video_id INTEGER NOT NULL, 
	shot_id INTEGER NOT NULL, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL, 
	source TEXT NOT NULL, 
	text TEXT NOT NULL, 
	confidence DOUBLE NOT NULL, 
	language TEXT, 
	box JSON, folded TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT fk_annotations_video_id_videos FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE, 
	CONSTRAINT fk_annotations_shot_id_shots FOREIGN KEY(shot_id) REFERENCES shots (id) ON DELETE CASCADE
);
INSERT INTO "annotations" VALUES(1,1,1,0,6000000,'name','a',1.0,NULL,NULL,'a');
INSERT INTO "annotations" VALUES(2,1,2,2500000,3500000,'subtitles','a red flower',1.0,NULL,NULL,'a red flower');
INSERT INTO "annotations" VALUES(3,2,4,0,4000000,'name','caf�',1.0,NULL,NULL,'caf�');
INSERT INTO "annotations" VALUES(4,2,4,500000,1500000,'subtitles','black and white',1.0,NULL,NULL,'black and white');
INSERT INTO "annotations" VALUES(7,1,1,0,6000000,'tag','garden',1.0,NULL,NULL,'garden');
INSERT INTO "annotations" VALUES(8,1,2,2000000,4000000,'tag','bloom',1.0,NULL,NULL,'bloom');
CREATE TABLE collection_items (
	id INTEGER NOT NULL, 
	collection_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	path BLOB NOT NULL, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL, 
	label TEXT NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_collection_items PRIMARY KEY (id), 
	CONSTRAINT fk_collection_items_collection_id_collections FOREIGN KEY(collection_id) REFERENCES collections (id) ON DELETE CASCADE
);
INSERT INTO "collection_items" VALUES(1,1,1048576,'000000000000000035968040c32764e4',X'2F762F612E6D7034',2000000,4000000,'a flower','the best one');
CREATE TABLE collections (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_collections PRIMARY KEY (id), 
	CONSTRAINT uq_collections_name UNIQUE (name)
);
INSERT INTO "collections" VALUES(1,'spring',1796009466747029);
CREATE TABLE concepts (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	words TEXT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_concepts PRIMARY KEY (id), 
	CONSTRAINT uq_concepts_name UNIQUE (name)
);
INSERT INTO "concepts" VALUES(1,'my rose','a rose',1796009466729481);
CREATE TABLE examples (
	id INTEGER NOT NULL, 
	concept_id INTEGER NOT NULL, 
	fingerprint TEXT NOT NULL, 
	at_us BIGINT NOT NULL, 
	"right" BOOLEAN NOT NULL, 
	picture BLOB, 
	CONSTRAINT pk_examples PRIMARY KEY (id), 
	CONSTRAINT uq_examples_concept_id_fingerprint_at_us UNIQUE (concept_id, fingerprint, at_us), 
	CONSTRAINT fk_examples_concept_id_concepts FOREIGN KEY(concept_id) REFERENCES concepts (id) ON DELETE CASCADE
);
INSERT INTO "examples" VALUES(1,1,'000000000000000035968040c32764e4',2500000,1,NULL);
CREATE TABLE files (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	root_id INTEGER NOT NULL, 
	path BLOB NOT NULL, 
	shown TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	missing BOOLEAN NOT NULL, 
	indexed_at BIGINT NOT NULL, 
	CONSTRAINT uq_files_path UNIQUE (path), 
	CONSTRAINT fk_files_root_id_roots FOREIGN KEY(root_id) REFERENCES roots (id)
);
INSERT INTO "files" VALUES(1,1,X'2F762F612E6D7034','/v/a.mp4',1000,5,'000000000000000035968040c32764e4',0,1796009466690965);
INSERT INTO "files" VALUES(2,1,X'2F762F636166E92E6D7034','/v/caf�.mp4',1000,5,'000000000000000036ad56b648e070f8',0,1796009466709325);
INSERT INTO "files" VALUES(3,1,X'2F762F6261642E6D7034','/v/bad.mp4',0,1,'',0,1796009466712793);
CREATE TABLE keys (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	role TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_keys PRIMARY KEY (id), 
	CONSTRAINT uq_keys_digest UNIQUE (digest), 
	CONSTRAINT fk_keys_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE left_out (
	id INTEGER NOT NULL, 
	path BLOB NOT NULL, 
	CONSTRAINT pk_left_out PRIMARY KEY (id), 
	CONSTRAINT uq_left_out_path UNIQUE (path)
);
CREATE TABLE marks (
	id INTEGER NOT NULL, 
	"query" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	at_us BIGINT NOT NULL, 
	"right" BOOLEAN NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_marks PRIMARY KEY (id), 
	CONSTRAINT uq_marks_query_fingerprint_at_us UNIQUE ("query", fingerprint, at_us)
);
INSERT INTO "marks" VALUES(1,'a flower','000000000000000035968040c32764e4',2500000,1,1796009466726982);
CREATE TABLE removed_vectors (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	space_id INTEGER NOT NULL, 
	vector_id BIGINT NOT NULL, 
	CONSTRAINT fk_removed_vectors_space_id_spaces FOREIGN KEY(space_id) REFERENCES spaces (id)
);
INSERT INTO "removed_vectors" VALUES(1,1,6);
INSERT INTO "removed_vectors" VALUES(2,1,7);
INSERT INTO "removed_vectors" VALUES(3,1,8);
CREATE TABLE roots (
	id INTEGER NOT NULL, 
	path BLOB NOT NULL, watched BOOLEAN DEFAULT 0 NOT NULL, listed BOOLEAN DEFAULT 1 NOT NULL, looked_at BIGINT, 
	CONSTRAINT pk_roots PRIMARY KEY (id), 
	CONSTRAINT uq_roots_path UNIQUE (path)
);
INSERT INTO "roots" VALUES(1,X'2F76',0,1,NULL);
CREATE TABLE saved_searches (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_saved_searches PRIMARY KEY (id), 
	CONSTRAINT uq_saved_searches_name UNIQUE (name)
);
INSERT INTO "saved_searches" VALUES(1,'Roses','q=a+rose',1796009466748708);
CREATE TABLE sessions (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	account_id INTEGER, 
	ends BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT uq_sessions_digest UNIQUE (digest), 
	CONSTRAINT fk_sessions_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE shots (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	video_id INTEGER NOT NULL, 
	"index" INTEGER NOT NULL, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL, 
	keyframes_us JSON NOT NULL, 
	CONSTRAINT uq_shots_video_id_index UNIQUE (video_id, "index"), 
	CONSTRAINT fk_shots_video_id_videos FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE
);
INSERT INTO "shots" VALUES(1,1,0,0,2000000,'[100, 200]');
INSERT INTO "shots" VALUES(2,1,1,2000000,4000000,'[2000100, 2000200]');
INSERT INTO "shots" VALUES(3,1,2,4000000,6000000,'[4000100, 4000200]');
INSERT INTO "shots" VALUES(4,2,0,0,2000000,'[100, 200]');
INSERT INTO "shots" VALUES(5,2,1,2000000,4000000,'[2000100, 2000200]');
CREATE TABLE spaces (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	encoder TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	dim INTEGER NOT NULL, 
	generation INTEGER NOT NULL, asked BOOLEAN DEFAULT 1 NOT NULL, asked_before BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT uq_spaces_encoder_revision_dim UNIQUE (encoder, revision, dim)
);
INSERT INTO "spaces" VALUES(1,'toy','1',8,0,1,1);
CREATE TABLE stages (
	file_id INTEGER NOT NULL, 
	stage TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	seconds DOUBLE NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_stages PRIMARY KEY (file_id, stage), 
	CONSTRAINT fk_stages_file_id_files FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE CASCADE
);
INSERT INTO "stages" VALUES(1,'scan','done','','','',1.5,1796009466703884);
INSERT INTO "stages" VALUES(1,'encode:toy','done','','','1',0.0,1796009466703884);
INSERT INTO "stages" VALUES(2,'scan','done','','','',1.5,1796009466711357);
INSERT INTO "stages" VALUES(2,'encode:toy','done','','','1',0.0,1796009466711357);
INSERT INTO "stages" VALUES(3,'scan','failed','empty','the file is empty','',0.0,1796009466713075);
CREATE TABLE tags (
	id INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	fingerprint TEXT, 
	start_us BIGINT, 
	end_us BIGINT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (id), 
	CONSTRAINT fk_tags_file_id_files FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE CASCADE
);
INSERT INTO "tags" VALUES(1,1,'garden',NULL,NULL,NULL,1796009466731951);
INSERT INTO "tags" VALUES(2,1,'bloom','000000000000000035968040c32764e4',2000000,4000000,1796009466735881);
CREATE TABLE vectors (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	space_id INTEGER NOT NULL, 
	shot_id INTEGER NOT NULL, 
	time_us BIGINT NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT fk_vectors_space_id_spaces FOREIGN KEY(space_id) REFERENCES spaces (id), 
	CONSTRAINT fk_vectors_shot_id_shots FOREIGN KEY(shot_id) REFERENCES shots (id) ON DELETE CASCADE
);
INSERT INTO "vectors" VALUES(1,1,1,100,X'522C8AAC8035352B9AB436329A391138');
INSERT INTO "vectors" VALUES(2,1,2,2000100,X'1CB365B64CB2AE22E0B96CAC4BB666B3');
INSERT INTO "vectors" VALUES(3,1,3,4000100,X'4DB4FFB081321E3810AC663941B58E31');
INSERT INTO "vectors" VALUES(4,1,4,100,X'5E31613622310FB90737EE322BB48334');
INSERT INTO "vectors" VALUES(5,1,5,2000100,X'803443339D25C0368CB806B0F4B56537');
CREATE TABLE videos (
	id INTEGER NOT NULL, 
	duration_us BIGINT NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	frame_rate TEXT, 
	codec TEXT NOT NULL, 
	has_audio BOOLEAN NOT NULL, 
	created BIGINT, 
	CONSTRAINT pk_videos PRIMARY KEY (id), 
	CONSTRAINT fk_videos_id_files FOREIGN KEY(id) REFERENCES files (id) ON DELETE CASCADE
);
INSERT INTO "videos" VALUES(1,6000000,640,360,'30000/1001','h264',1,1767323045000678);
INSERT INTO "videos" VALUES(2,4000000,640,360,'30000/1001','h264',1,1767323045000678);
CREATE INDEX ix_files_root_id ON files (root_id);
CREATE INDEX ix_files_fingerprint ON files (fingerprint);
CREATE INDEX ix_videos_created ON videos (created);
CREATE INDEX ix_vectors_space_id_id ON vectors (space_id, id);
CREATE INDEX ix_vectors_shot_id_space_id ON vectors (shot_id, space_id);
CREATE INDEX ix_removed_vectors_space_id_id ON removed_vectors (space_id, id);
CREATE INDEX ix_annotations_video_id ON annotations (video_id);
CREATE INDEX ix_annotations_shot_id ON annotations (shot_id);
CREATE INDEX ix_marks_fingerprint ON marks (fingerprint);
CREATE INDEX ix_examples_fingerprint ON examples (fingerprint);
CREATE INDEX ix_tags_file_id ON tags (file_id);
CREATE INDEX ix_collection_items_collection_id_position ON collection_items (collection_id, position);
CREATE INDEX ix_collection_items_fingerprint ON collection_items (fingerprint);
CREATE INDEX ix_keys_account_id ON keys (account_id);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_annotations_labels ON annotations (text, source, shot_id) WHERE source IN ('label', 'tag');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('files',4);
INSERT INTO "sqlite_sequence" VALUES('shots',8);
INSERT INTO "sqlite_sequence" VALUES('spaces',1);
INSERT INTO "sqlite_sequence" VALUES('vectors',8);
INSERT INTO "sqlite_sequence" VALUES('annotations',8);
INSERT INTO "sqlite_sequence" VALUES('removed_vectors',3);
COMMIT;
CREATE VIRTUAL TABLE words USING fts5(text, content='annotations', content_rowid='id', tokenize='unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE fragments USING fts5(folded, content='annotations', content_rowid='id', tokenize='trigram');
CREATE TRIGGER words_after_insert AFTER INSERT ON annotations BEGIN INSERT INTO words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER words_after_delete AFTER DELETE ON annotations BEGIN INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text); END;
CREATE TRIGGER words_after_update AFTER UPDATE ON annotations BEGIN INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text); INSERT INTO words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER fragments_after_insert AFTER INSERT ON annotations BEGIN INSERT INTO fragments (rowid, folded) VALUES (new.id, new.folded); END;
CREATE TRIGGER fragments_after_delete AFTER DELETE ON annotations BEGIN INSERT INTO fragments (fragments, rowid, folded) VALUES ('delete', old.id, old.folded); END;
CREATE TRIGGER fragments_after_update AFTER UPDATE ON annotations BEGIN INSERT INTO fragments (fragments, rowid, folded) VALUES ('delete', old.id, old.folded); INSERT INTO fragments (rowid, folded) VALUES (new.id, new.folded); END;
INSERT INTO words (words) VALUES ('rebuild');
INSERT INTO fragments (fragments) VALUES ('rebuild');
