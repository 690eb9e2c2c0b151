// SPDX-License-Identifier: GPL-2.0
// What a JVM finds where nothing is, until it is asked to stop; see absent_programs.py.
import java.io.File;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.util.Arrays;
import java.util.stream.*;

public class Absent {
	static final Path original = Path.of(System.getenv("ORIGINAL"));
	static final Path gone = Path.of(System.getenv("GONE"));

	static void say(Object... words) {
		System.out.println(Stream.of(words).map(String::valueOf).collect(Collectors.joining(" ")));
	}

	static void realPaths() throws Exception {
		say(System.getProperty("user.dir"), Path.of("").toRealPath(), new File("..").getCanonicalPath());
		say(gone.toRealPath(), Files.isDirectory(gone), Arrays.toString(gone.toFile().list()));
	}

	static void classes() throws Exception {
		say(Absent.class.getProtectionDomain().getCodeSource().getLocation());
		say(Absent.class.getResource("/data"),
			new String(Absent.class.getResourceAsStream("/data").readAllBytes()));
	}

	static void trees() throws Exception {
		Files.createDirectories(original.resolve("made/by/it"));
		Files.createDirectories(original);
		try {
			Files.createDirectory(gone);
		} catch (FileAlreadyExistsException why) {
			say(why);
		}
		try (Stream<Path> all = Files.walk(gone)) {
			say(all.filter(path -> !path.toString().endsWith("out")).sorted()
				.collect(Collectors.toList()));
		}
	}

	static void map() throws Exception {
		try (FileChannel channel = FileChannel.open(original.resolve("mapped"),
				StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096).put(0, (byte) 'x');
		}
	}

	/* It has said "ready", and sees "stop" come. */
	static void serve() throws Exception {
		WatchService watch = FileSystems.getDefault().newWatchService();
		original.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
		Files.createFile(Path.of("ready"));
		for (boolean stop = false; !stop; ) {
			WatchKey key = watch.take();
			for (WatchEvent<?> event : key.pollEvents())
				stop |= event.context().toString().equals("stop");
			key.reset();
		}
		say("stopped");
	}

	public static void main(String[] args) throws Exception {
		realPaths();
		classes();
		trees();
		map();
		serve();
	}
}
