-- Who may open a file: a request for /media/… finds the upload or the portrait behind the name. Why: pictures of private posts are
-- served to those who may see the post, and nothing that no row names is served at all. Lock cost: four short index builds.

create index media_file on media (file);
create index media_preview on media (preview_file) where preview_file is not null;
create index actors_icon on actors ((icon ->> 'url')) where local and icon is not null;
create index actors_image on actors ((image ->> 'url')) where local and image is not null;
